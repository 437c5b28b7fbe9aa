"""Word lists of the augmentation: names and brands.

Names are common ones of the countries that such calls are made from and to; none stands for a person. They are keys
(see `words.Words`): lower case, no apostrophes. Brands are written as in prose.
"""

from collections.abc import Mapping

__all__ = [
    "BRANDS",
    "BRAND_ALIASES",
    "COMMON_WORD_BRANDS",
    "COMMON_WORD_NAMES",
    "FEMALE_NAMES",
    "MALE_NAMES",
    "SURNAMES",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FEMALE_NAMES = _words("""
    abigail adaeze agnes aileen aisha alice alison amanda amelia amina amy andrea angela angelica anita anjali anna anne
    annette aroha ashley audrey ava barbara bernadette bernice beryl beth betty beverly blessing brenda bridget camila
    carla carmen carol caroline catherine catriona charlotte cheryl chiamaka chinwe chloe christina cindy clara claire
    colleen corazon cynthia danuta darlene dawn deborah deepa denise diana divya dolores donna doreen dorothy edith
    eileen eilidh elaine eleanor elizabeth ella ellen elspeth emily emma esther eunice evelyn faith farida fatima
    fatou fiona flora florence folake frances funke gail gemma geraldine gertrude gina gladys glenda gloria grace
    gwen hannah harriet hazel heather helen helena hilda hope ifeoma imelda ines ingrid irene iris isabella isha
    ishbel jackie jane janet janice jasmine jean jennifer jenny jessica jill joan joanna joanne josephine joy joyce
    judith judy julia julie karen kate katherine kathleen katie kavita kavya kayla kelly kirsty kristine lakshmi laura
    lauren leticia liezel lily linda lisa liza lois loretta lorna lorraine louise lourdes lucy luz lydia mabel maisie
    manisha marcia margaret maria maribel maricel marie marilyn marites marjorie marta martha mary maureen maya meera
    megan melissa mercy michelle mildred milena miriam moira monica morag muriel nadia nancy naomi natalie neha
    nicola nicole nina nirmala nisha noreen norma olga olivia pamela patience patricia patty paula pauline peggy
    phyllis pooja priya rachel radha rebecca rekha renata renee rhona rita roberta rosa rosalie rosario rose rosemary
    rosie rowena ruby ruth samantha sandra sarah senga seema sharon sheila shirley shona shreya silvia simone sita
    sneha sofia sonia sophia sophie stacey stella sue sunita susan svetlana swati sylvia tamara tanya teresa teresita
    thelma theresa tiffany tina tracy ursula valerie vanessa vera veronica victoria violet vivian wanda wendy
    wilma winifred yetunde yolanda yvonne zainab zoe
""")

MALE_NAMES = _words("""
    aaron abdul adam adebayo adrian ahmed aidan ajay alan albert alejandro alex alexander alfred alistair allan amit
    andre andrew angus anil anthony antonio archie arjun arnel arnold arthur arun ashok ayo barry ben benedict
    benjamin bernard bill billy bob boris brandon brendan brett brian bruce bryan callum calvin cameron carl carlos
    cecil cedric chad charles charlie chidi chinedu chris christopher chukwudi clarence clifford clive clyde colin
    connor craig curtis dan daniel danny darren dave david dean deepak dennis derek desmond diego dilip dominic don
    donald doug douglas drew duncan dylan eamon earl ebuka eddie edgar eduardo edward edwin efren elijah emeka emilio
    eric ernest ethan eugene ewan femi ferdie fergus fernando finlay floyd francis francisco frank fraser fred
    frederick gabriel ganesh gareth gary gavin gene geoffrey george gerald gerard gilbert giles glen gopal gordon
    graham grant greg gregory gurdeep guy hamish hari harish harold harpreet harry hassan hector henrik henry herbert
    howard hugh iain ian ibrahim ifeanyi imran isaac ivan jack jacob jake jamal james jamie jason javier jay jeff
    jeremy jerome jerry jim jimmy joel joe joey john jonathan jordan jorge jose joseph joshua juan julian jun karan
    karthik keith kelechi ken kenneth kenny kevin kieran kiran kofi kunal kwame kyle lachlan larry lawrence leo leon
    leonard leroy leslie lewis liam logan louis lucas luis luke magnus malcolm manish manoj manuel marcus marek mario
    mark marlon martin marvin mason matt matthew maurice max melvin michael miguel mike milo mitch mohammed mohan
    morris murdo musa nathan neil nelson nicholas nigel nikhil noah noel norman obinna oliver oscar owen pablo paolo
    patrick paul pavel pedro pete peter philip pradeep prakash rahul raj rajesh rakesh ralph ramesh ramon
    randy ravi ray raymond reggie reginald reynaldo rhys ricardo rich richard rick rob robert roberto rodel rodney
    roger rohan rohit roland ron ronald ronnie rory ross roy rupert russell ryan salim sam samuel sandeep sanjay
    santiago satish scott sean segun sebastian sergio seun shane shaun simon srinivas stanley stefan stephen steve
    steven stuart suraj suresh tariq ted terrence terry theo thomas tim timothy tobi todd tom tomasz tommy
    tony travis trevor tunde tyler umar uche vernon venkat victor vijay vikram viktor vincent vinod vivek wade wallace
    walt walter warren wayne wendell wesley winston yakubu yusuf zachary
""")

SURNAMES = _words("""
    abbott abubakar adams adebayo adeleke adewale adeyemi agarwal aguilar ahmed aitken akintola ali allen alvarez
    anderson aquino armstrong arora atkinson austin bailey baird baker balogun banerjee banks barker barnes barrett
    bassey bates bautista begum bell bello bennett bhatt bianchi black blair boyd bradley brennan brooks brown bryant
    buchanan burke burns butler byrne cameron campbell carroll carter castillo castro chandra chapman chatterjee chen
    chopra christie chukwu clark clarke cole coleman collins cook cooper cox craig crawford cross cruz cunningham
    dalton das davidson davies davis dawson dela desai devi diaz dickson dimitrov dixon doherty douglas doyle drummond
    duncan dunn edwards ekwueme ellis estrada evans eze ferguson fernandes fernandez fisher fitzgerald fleming
    fletcher flores ford forsyth foster fox fraser freeman gallagher garcia gardner geddes george ghosh gibson gill
    goldberg gomez gonzales gonzalez goswami graham grant gray green griffin gunn gupta guzman hall hamilton hansen
    harper harris harrison harvey hassan hay hayes henderson hernandez hill holmes hossain howard hudson hughes hunt
    hunter hussain hutchins ibrahim igwe islam iyer jackson jacobs james jenkins jensen johnson johnston jones joshi
    kapoor kaur kaya kelly kennedy khan kim king knight kowalczyk kowalski krishnan kulkarni kumar laidlaw lal
    lambert larsen lawson lee lewis lim lindsay lloyd long lopez macdonald mackay mackenzie macleod mahmoud malik
    manalo marshall martin martinez mason matthews mccallum mccarthy mcdonald mcgregor mcintyre mckay mckenzie mclean
    mcmillan mehta mendoza menon mercado meyer miller mills mishra mitchell mohammed moore morales moreno morgan
    morris morrison muir mukherjee munro murphy murray nair nelson nguyen nicholson novak nwosu obi obrien
    ocampo oconnor odonnell ogunleye ojo okafor okeke okonkwo okoro oneill ortiz osei owen palmer park parker parsons
    patel paterson patterson pearson pereira perez perry peters petersen petrov pham phillips pillai porter powell
    price pritchard quinn rahman ramirez ramos rao reddy reed reid reyes reynolds rhodes rice richards richardson
    rivera roberts robertson robinson rodriguez rogers romero ross rossi roy russell ruiz ryan sahni salazar sanchez
    sanders santiago santos saunders schmidt schneider scott shah sharma shaw silva simmons simpson sinclair
    singh smith snyder soriano spencer stephens stevens stewart stone sullivan sutherland tait tan tanaka tate taylor
    thomas thompson thomson torres tran tremblay turner udo umeh usman varma vasquez vega venkatesan verma villanueva
    wade walker wallace walsh wang ward watkins watson watt webb wells west whelan white wilkins williams williamson
    wilson wong wood woods wright yadav yilmaz young yusuf zhang
""")

COMMON_WORD_NAMES = frozenset(
    _words("""
    angelica ashley ava burns carol banks baker bell ben bill black blessing brown chad charlie christie cook cooper
    cox craig cross dan dawn dean dela don drew dunn earl faith fisher flora ford foster fox frank gardner gene gill
    glen grace grant gray green guy gunn hall hay hazel hill hope hunt hunter iris islam jack jay jean jordan joy jun
    ken king knight lal lee lily long mark marshall mason max mercy mike mills milo mitch norma park parker patience
    patty porter price ray reed rice rich rob rose ruby sam senga stella stone sue tan tate taylor ted
    tim turner udo victor victoria violet walker ward webb wells west white wood woods young
""")
)
"""Names that are words too: taken for a name only where case or the words before say so."""

# kind: display forms; those that are one another's replacement.
BRANDS: Mapping[str, tuple[str, ...]] = {
    "computers": (
        "Microsoft",
        "Windows",
        "Apple",
        "Dell",
        "HP",
        "Lenovo",
        "Acer",
        "Asus",
        "Toshiba",
        "Samsung",
        "Google",
    ),
    "shops": (
        "Amazon",
        "eBay",
        "Best Buy",
        "Argos",
        "Walmart",
        "Costco",
        "Currys",
        "John Lewis",
        "Etsy",
        "Tesco",
        "Flipkart",
        "Target",
    ),
    "antivirus": (
        "Norton",
        "McAfee",
        "Avast",
        "AVG",
        "Kaspersky",
        "Bitdefender",
        "Malwarebytes",
        "Webroot",
        "Trend Micro",
        "Geek Squad",
        "LifeLock",
    ),
    "providers": (
        "BT",
        "Sky",
        "Virgin Media",
        "Comcast",
        "Xfinity",
        "Verizon",
        "TalkTalk",
        "AT&T",
        "Vodafone",
        "Spectrum",
        "Plusnet",
        "T-Mobile",
        "Telstra",
        "Airtel",
        "Optus",
    ),
    "banks": (
        "Barclays",
        "Lloyds",
        "Chase",
        "Wells Fargo",
        "HSBC",
        "NatWest",
        "Santander",
        "Bank of America",
        "Citibank",
        "Capital One",
        "TSB",
        "Monzo",
        "ICICI",
        "HDFC",
        "Nationwide",
        "Halifax",
    ),
    "remote_tools": (
        "AnyDesk",
        "TeamViewer",
        "UltraViewer",
        "Quick Assist",
        "LogMeIn",
        "ConnectWise",
        "Splashtop",
        "Zoho Assist",
        "RustDesk",
        "Supremo",
    ),
    "payments": (
        "PayPal",
        "Zelle",
        "Venmo",
        "Cash App",
        "Google Pay",
        "Apple Pay",
        "Western Union",
        "MoneyGram",
        "Revolut",
        "GCash",
        "Paytm",
    ),
    "gift_cards": ("Google Play", "iTunes", "Razer Gold", "Vanilla Visa"),
    "couriers": ("FedEx", "DHL", "Royal Mail", "USPS", "Evri", "Hermes"),
}  # fmt:
"""Brands by kind. A replacement is of the same kind, so that what the caller claims to be stays what it was."""

BRAND_ALIASES: Mapping[str, str] = {
    "microsoft windows": "Microsoft",
    "bestbuy": "Best Buy",
    "e bay": "eBay",
    "norton lifelock": "Norton",
    "norton life lock": "Norton",
    "life lock": "LifeLock",
    "mac afee": "McAfee",
    "geeksquad": "Geek Squad",
    "british telecom": "BT",
    "talk talk": "TalkTalk",
    "virgin": "Virgin Media",
    "any desk": "AnyDesk",
    "anidesk": "AnyDesk",
    "team viewer": "TeamViewer",
    "ultra viewer": "UltraViewer",
    "quickassist": "Quick Assist",
    "connect wise": "ConnectWise",
    "pay pal": "PayPal",
    "wells fargo bank": "Wells Fargo",
    "chase bank": "Chase",
    "barclays bank": "Barclays",
    "lloyds bank": "Lloyds",
    "lloyds tsb": "Lloyds",
    "bofa": "Bank of America",
    "nat west": "NatWest",
    "cashapp": "Cash App",
    "fed ex": "FedEx",
    "wellsfargo": "Wells Fargo",
    "zell": "Zelle",
}  # fmt:
"""Other spellings of a brand, as keys separated by spaces."""

COMMON_WORD_BRANDS = frozenset({"windows", "sky", "virgin", "spectrum", "chase", "target", "nationwide", "halifax"})
"""Brands that are words or places too: taken for a brand only where case or a neighbour says so."""
