"""What a speech recogniser writes for what was said: words that sound alike, compounds cut apart, mangled brands."""

from collections import defaultdict
from collections.abc import Mapping

__all__ = ["CONFUSIONS"]

# Sounds alike: each word of a group may be heard as any other. _ is a space.
_GROUPS = """
    their there they're; to too two; your you're you; its it's; hear here; know now; right write; buy by bye; for
    four; ate eight; won one; sea see c; bee be b; are our hour; you u; why y; where were wear we're; then than; of
    off have; accept except; affect effect; allowed aloud; a uh; an and in; on in; is his; as has; this these; that's
    that; it at; he she; him them; could would; should could; will well; we'll will; i'll all; i'm am; what one; been
    being bean; bin been; brake break; cell sell; sent cent scent; cite site sight; close clothes; code coat called;
    core corps; dear deer; do due dew; fair fare; flour flower; great grate; heal heel he'll; hi high; hole whole;
    knew new; knight night; lead led; lesson lessen; loan lone alone; made maid; mail male; meat meet; might mite;
    missed mist; mode mowed; name main; none nun; oh owe o; pair pear; passed past; peace piece; plain plane; pole
    poll; poor pour; pray prey; principal principle; rain reign; raise rays; read red; real reel; role roll; root
    route; router rooter; sail sale; scene seen; seem seam; serial cereal; shore sure; some sum; son sun; soul sole;
    stair stare; stake steak; steel steal; tail tale; tea tee t; threw through; tied tide; time times; told tolled;
    vain vein; wait weight; waist waste; way weigh; weak week; weather whether; which witch; wood would; yoke yolk;
    card guard; card cart; bank bang; bank bunk; account accounts a_count; account amount; refund refunds re-fund;
    refund we_fund; remote remove; remove move; charge charged; charge large; change charge; cheque check; check
    chick; clear clean; clean cleaner; click clique; click quick; computer commuter; computer computers; connect
    connects; connect collect; correct connect; download down_load; down town; error arrow; error era; errors arrows;
    file files; file while; fraud frog; fraud forward; fault fold; form from; from for; fifty fifteen; thirty
    thirteen; forty fourteen; sixty sixteen; seventy seventeen; eighty eighteen; ninety nineteen; hacker hackers;
    hacker hacking; hacked act; hack hawk; help held; hold old; hold hole; install in_stall; installed install; issue
    tissue; key keys; key he; laptop lap_top; laptop tablet; license lessons; line lying; line mine; link ink; locked
    lot; lock log; log lock; login log_in; logged locked; machine my_chin; manager manage; message messages; minute
    minutes; money many; mouse mouth; network net_work; number numbers; number numb; online on_line; open opened;
    option auction; order older; order odor; owner on_her; page paid; page age; password pass_word; pay pain; payment
    pavement; payment payments; personal person; phone phoned; phone foam; please police; please pleas; pop-up pop_up;
    press dress; press precious; problem problems; process princess; protect project; protection projection; pull
    pool; put but; question questions; receive received; receipt recede; record recall; renew new; renewal real;
    report reports; report resort; restart start; safe save; scan can; scan skin; screen scream; screen green; secure
    sick_your; security securely; send sand; send sent; server serve_her; server servers; service services; service
    surface; session section; settings setting; settings sittings; sign sigh; sir sure; slow slowly; software
    soft_wear; speak speech; start stat; start started; steps step; stop top; support sport; support supports;
    suspicious suspicions; switch which; system systems; system sister; tech text; technical tactical; technician
    technicians; tell till; thank think; thanks tanks; thing think; transfer transfers; transfer transform; trouble
    travel; trust just; type tight; type types; update up_date; update updates; upgrade up_grade; user use_her; verify
    very_fine; verify clarify; version virgin; virus viruses; virus wires; viruses buyers; voice boys; warranty
    warrant; warning morning; website web_site; wire why_are; wi-fi wife_i; wifi wife; window windows; window winner;
    work walk; work word; world word; worry sorry; yes yeah; yeah year; year here; years ears; yesterday yes_today;
    ask asked; asked ask; back bag; bad bed; big beg; bill build; bit bet; block black; book look; box blocks; bring
    ring; call called; call cold; came game; case cage; cash catch; client climate; coming common; company companies;
    cost cast; country county; customer costumer; customer customers; daughter doctor; date data; day they; department
    apartment; desk disk; desk this; device devices; different difference; dollar dollars; door doll; dot dodd; email
    e_mail; enter and_her; enter inter; even event; ever every; eight a; find fine; finish finished; first fist; fix
    fixed; fix six; folder older; follow fellow; full fool; gift give; give gave; go going; good could; got god; guess
    guest; hand and; happen happened; happy hubby; heart hard; home hum; house how's; husband has_been; important
    imported; inside in_side; internet into_net; keep kept; kind can; last lost; late light; later letter; left let;
    letter ladder; let led; life live; like light; list least; little lit_all; live leave; long along; look looks;
    madam mad_am; make makes; man men; mean me; mind mine; miss this; moment mow_meant; month months; more moor; much
    match; near year; need needs; need meet; never ever; next text; nice knife; night nine; nothing no_thing; now
    know; offer after; office of_this; okay ok; old all; once ones; only lonely; other another; paper pepper; part
    port; people pebble; person personal; pick big; pin pen; place please; plan plant; point paint; post boast; pound
    pounds; price prize; quick click; ready already; reason raisin; ring wrong; road rode; room broom; said set; same
    sane; say says; second seconds; serious series; seven given; share chair; short shot; show so; side sight; simple
    sample; since sense; sit set; small smell; sound some; stay state; still steel; store story; street treat; sure
    shore; table cable; take took; talk took; talking taking; text tax; today to_day; tomorrow tom_morrow; tonight
    to_night; top stop; town down; try dry; turn turned; under and_a; until and_till; use used; very where_he; wanted
    want; watch what's; wish which; wrong long; yourself your_self; zero hero; subscription prescription; subscription
    subscriptions; antivirus anti_virus; antivirus auntie_virus; firewall fire_wall; browser browse_her; infected
    in_effect; infection inspection; expired inspired; renewed new; cancel counsel; cancelled canceled; invoice
    in_voice; balance violence; deposit the_posit; savings saving; teller teller's; branch ranch; statement state_men;
    supervisor super_visor; supervisor advisor; desktop desk_top; keyboard key_board; toolbar tool_bar; taskbar
    task_bar; viewer fewer; viewer view_her; control patrol; access excess; access axis; activate active; activity
    actively; address a_dress; agent ancient; alert a_lot; appointment a_point_meant; assist a_sister; authorize
    other_eyes; button bottom; button butter; caller color; cheap chip; chip ship; confirm conform; confirm confirmed;
    details tales; diagnostic die_agnostic; discount this_count; engineer engine_ear; guarantee grand_tea; identity
    identify; immediately immediate; malicious delicious; malware mall_where; trojan trojans; notice no_this; original
    a_regional; permission commission; program programme; purchase purchased; purchase birches; representative
    represented; request quest; senior scenery; signal single; social so_shall; solution salutation; spyware
    spy_where; thief chief; threat thread; ticket tickets; total turtle; unauthorized an_authorized; value volume;
    victim fit_him; visible disable; voucher vulture; wallet wall_it
"""

# What a recogniser makes of brands and jargon; never the other way round.
_ONE_WAY = """
    anydesk: any_desk annie_desk and_a_desk any_disk; teamviewer: team_viewer team_fewer team_view_her; ultraviewer:
    ultra_viewer all_true_viewer; microsoft: micro_soft micro_software my_crow_soft; mcafee: mac_coffee mac_a_fee
    mcafe; norton: north_and norten nortan; avast: a_vast of_ast; paypal: pay_pal pay_pow people; zelle: sell cell
    zell sal; venmo: then_mow when_more; geek: greek geeks; kaspersky: casper_ski casp_or_sky; malwarebytes:
    malware_bites mall_wear_bites; xfinity: x_finity infinity; comcast: calm_cast com_cast; verizon: horizon
    very_zone; talktalk: talk_talk; vodafone: voter_phone vote_of_own; barclays: barkley's barclay's bark_lays;
    lloyds: lloyd's lords; santander: some_tender santa_and_her; natwest: nat_west not_west; hsbc: h_s_b_c hsb_see;
    fargo: far_go cargo; amazon: amazing ama_zone; ebay: e_bay; argos: our_gus our_ghosts; lenovo: le_novo lenova;
    logmein: log_me_in; splashtop: splash_top; itunes: i_tunes; google: googled go_ogle; facebook: face_book;
    whatsapp: what's_app what's_up; bitcoin: bit_coin big_coin; netflix: net_flicks; outlook: out_look; gmail: g_mail;
    powershell: power_shell; eventvwr: event_viewer; https: h_t_t_p_s; cmd: c_m_d; ip: i_p; id: i_d; pc: p_c; url:
    u_r_l; usb: u_s_b; pin: pen; otp: o_t_p; kindly: candidly kind_lee; maam: mam ma'am man; sir: sure so; going:
    gonna; want: wanna; because: cause cos; about: bout; them: em; probably: probly; dont: don't don; thats: that's
    that; whats: what's what; im: i'm; ive: i've i; youre: you're your; ill: i'll; lets: let's let; theres: there's
    there; hes: he's his; shes: she's; were: was we're; theyre: their there; theyll: they; youll: you; youve: you;
    weve: we; id: i'd
"""


def _confusions() -> dict[str, tuple[str, ...]]:
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for group in _GROUPS.split(";"):
        forms = [word.replace("_", " ") for word in group.split()]
        for form in forms:
            # A form of several words is heard for the word, not looked up.
            if " " not in form:
                heard[form.replace("'", "").replace("-", "")] += [other for other in forms if other != form]
    for entry in _ONE_WAY.split(";"):
        word, _, forms_text = entry.partition(":")
        heard[word.strip()] += [form.replace("_", " ") for form in forms_text.split()]
    return {word: tuple(dict.fromkeys(forms)) for word, forms in heard.items()}


CONFUSIONS: Mapping[str, tuple[str, ...]] = _confusions()
"""For a word's key (see `words.Words`) what a recogniser may write in its place."""
