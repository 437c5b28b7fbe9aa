from scamclf.calls import Call, Turn
from scamclf.readers import read_calls


def read(tmp_path, content, name="call 7.txt"):
    (tmp_path / name).write_bytes(content)
    (row,) = read_calls(tmp_path / name, format="text")
    return row


def test_a_file_is_a_call_its_name_the_id_its_lines_the_turns(tmp_path):
    assert read(tmp_path, b"hello\r\n\r\nhi\n") == Call("call 7", (Turn("hello"), Turn("hi")))


def test_names_before_a_colon_are_speakers(tmp_path):
    assert read(tmp_path, b"Agent: hello\nCaller: hi").turns == (Turn("hello", "Agent"), Turn("hi", "Caller"))


def test_a_byte_order_mark_is_no_word(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfhello").turns == (Turn("hello"),)


def test_an_empty_file_is_an_error_with_the_id(tmp_path):
    error = read(tmp_path, b"\n")

    assert (error.code, error.call_id) == ("no_text", "call 7")
    assert "call 7.txt: call 'call 7': text is empty" in str(error)


def test_another_encoding_is_an_error_with_the_id(tmp_path):
    error = read(tmp_path, b"caf\xe9")

    assert (error.code, error.call_id) == ("bad_encoding", "call 7")
    assert "call 7.txt: not UTF-8" in str(error)


def test_a_file_of_ten_megabytes_is_an_error(tmp_path):
    error = read(tmp_path, b"hello " * 1_700_000)

    assert (error.code, error.call_id) == ("text_too_long", "call 7")
