"""Closed lists of English words that the audit counts: none of them may tell whether a call is a scam."""

__all__ = ["ADDRESSES", "DISCOURSE_MARKERS", "FUNCTION_WORDS", "HESITATIONS", "MORE_BRANDS"]

# All words stand as the normaliser leaves them: "don't" is "don t", "ma'am" is "ma am".

ADDRESSES = ("sir", "ma am", "maam", "madam", "mam")
"""What a caller is called who is called by no name."""

MORE_BRANDS = (
    "facebook", "whatsapp", "instagram", "netflix", "gmail", "icloud", "outlook", "hotmail", "yahoo", "medicare",
    "hmrc", "irs", "xyz", "xyz company", "abc company",
)  # fmt: skip
"""Brands, authorities and stand-ins for a brand, beside `lexicon.BRANDS`."""

HESITATIONS = ("um", "uh", "er", "erm", "em", "ah", "eh", "hmm", "hm", "mm", "mhm", "huh", "oh", "uhm", "uhh", "umm")

DISCOURSE_MARKERS = (
    "okay", "ok", "yeah", "yep", "well", "like", "right", "so", "alright", "just", "actually", "basically",
)  # fmt: skip

FUNCTION_WORDS = (
    "a", "about", "above", "after", "again", "against", "all", "am", "an", "and", "any", "are", "aren", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "could", "couldn",
    "d", "did", "didn", "do", "does", "doesn", "doing", "don", "down", "during", "each", "every", "few", "for",
    "from", "further", "had", "has", "have", "haven", "having", "he", "her", "here", "hers", "herself", "him",
    "himself", "his", "how", "i", "if", "in", "into", "is", "isn", "it", "its", "itself", "ll", "m", "may", "me",
    "might", "more", "most", "must", "my", "myself", "no", "nor", "not", "of", "off", "on", "once", "one", "only",
    "or", "other", "our", "ours", "ourselves", "out", "over", "own", "re", "s", "same", "shall", "she", "should",
    "so", "some", "such", "t", "than", "that", "the", "their", "theirs", "them", "themselves", "then", "there",
    "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "upon", "us", "ve", "very",
    "was", "wasn", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will",
    "with", "within", "without", "won", "would", "wouldn", "yes", "yet", "you", "your", "yours", "yourself",
)  # fmt: skip
