"""What texts stand for, and which columns tell of persons: guesses from names and values."""

import re

# Each is read alike by Arrow (RE2) and by Python, which check it when a file is detected and when rows come.
PATTERNS = {
    "e-mail address": r"^[^@ ]+@[^@ ]+\.[^@ .]+$",
    "UUID": r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    "IPv4 address": r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$",
    "URL": r"^https?://[^ ]+$",
    "IBAN": r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",
    "telephone number": r"^\+?[0-9(][0-9 ()/-]{5,18}[0-9]$",
    "two capital letters": r"^[A-Z]{2}$",
    "three capital letters": r"^[A-Z]{3}$",
    "number with a decimal comma": r"^-?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+),[0-9]+$",
    "date as day.month.year": r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}(?:[0-9]{2})?(?: [0-9:]+)?$",
    "date with slashes": r"^[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}(?: [0-9:]+(?: ?[AaPp][Mm])?)?$",
}
CERTAIN = ("e-mail address", "UUID", "IPv4 address", "URL", "IBAN")
"""Those that a contract can hold senders to."""

_COUNTRY = re.compile(r"country|nation|land(?:code)?$|laender", re.IGNORECASE)
_CURRENCY = re.compile(r"currency|waehrung|devise", re.IGNORECASE)
_TELEPHONE = re.compile(r"phone|mobile|telefon|^tel$|_tel$|handy|fax", re.IGNORECASE)
_PERSONAL = re.compile(
    r"e_?mail|phone|mobile|telefon|^tel$|_tel$|handy|fax"
    r"|(?:first|last|full|given|family|sur|middle|customer|guest|user|contact|person|card_?holder)_?name|^name$|vorname|nachname"
    r"|address|street|strasse|postal|post_?code|^zip|zip_?code|^plz$|^city$|^town$|^ort$|wohnort"
    r"|iban|account_?(?:no|number)|card_?number|credit_?card|^ip$|ip_?addr|ssn|social_?sec|passport|tax_?id|licen[cs]e_?plate"
    r"|birth|^dob$|geburt|gender|sex$|latitude|longitude|device_?id|idfa|advertising_?id",
    re.IGNORECASE,
)
_OF_PERSONS = ("e-mail address", "IBAN", "IPv4 address")
_COUNTRIES = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
        "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
        "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
        "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
        "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
        "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW",
    )
)
_CURRENCIES = frozenset(
    re.findall(
        "[A-Z]{3}",
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
        "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
        "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
        "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD "
        "TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG",
    )
)


def meaning(name: str, matched: set[str], values: set[str] | None) -> str:
    """What a column of texts stands for, by the patterns that all its values match; empty if that is not certain."""
    for certain in CERTAIN:
        if certain in matched:
            return certain
    if "telephone number" in matched and _TELEPHONE.search(name):
        return "telephone number"
    if (
        "two capital letters" in matched
        and values
        and values <= _COUNTRIES
        and (_COUNTRY.search(name) or len(values) > 4)
    ):
        return "ISO 3166-1 alpha-2 country code"
    is_currency = "three capital letters" in matched and values and values <= _CURRENCIES
    return "ISO 4217 currency code" if is_currency and (_CURRENCY.search(name) or len(values or ()) > 2) else ""


def is_personal(name: str, matched: set[str]) -> bool:
    """Whether a column may tell of a person: to be on the safe side, by its name or by its values."""
    return bool(_PERSONAL.search(name)) or any(kind in matched for kind in _OF_PERSONS)
