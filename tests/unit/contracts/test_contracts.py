"""What a contract may say, and how a bad one is refused."""

import copy
from pathlib import Path

import pytest
import yaml

from contracts import Authentication, ContractError, Delivery, FieldType, Quota, QuotaPeriod, Throttle, load, load_all

SOURCES = Path(__file__).parents[3] / "sources"
ORDERS = yaml.safe_load((SOURCES / "orders.yaml").read_text())


def write(directory, document, name="orders"):
    file = directory / f"{name}.yaml"
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return file


def frequent(document, value, unit):
    """Say how often events come."""
    document["slaProperties"].append({"property": "frequency", "value": value, "unit": unit})


def keep(document, element, days):
    document["slaProperties"].append({"property": "retention", "element": element, "value": days, "unit": "d"})


def changed(change):
    document = copy.deepcopy(ORDERS)
    change(document, {item["name"]: item for item in document["schema"][0]["properties"]})
    return document


def custom(document, name):
    return next(item for item in document["customProperties"] if item["property"] == name)


def origins(document, value):
    document["customProperties"].append({"property": "allowedOrigins", "value": value})


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("*", ("*",)),
        (["https://menu.example.com"], ("https://menu.example.com",)),
        (["http://localhost:3000", "https://127.0.0.1:8443"], ("http://localhost:3000", "https://127.0.0.1:8443")),
    ],
)
def test_a_contract_names_the_origins_of_the_pages_that_may_post(tmp_path, value, read):
    assert load(write(tmp_path, changed(lambda document, _: origins(document, value)))).allowed_origins == read
    assert load(write(tmp_path, ORDERS)).allowed_origins == ()


def ldap(groups=None):
    """A change to LDAP, with groups unless None."""

    def change(document, _):
        custom(document, "authentication")["value"] = "ldap"
        document["customProperties"].remove(custom(document, "quota"))
        if groups is not None:
            document["customProperties"].append({"property": "ldapGroups", "value": groups})

    return change


def test_a_contract_names_the_fields_by_which_curated_rows_are_sorted(tmp_path):
    chosen = changed(lambda d, _: custom(d, "sortBy").update(value=["restaurantId", "menuItem"]))
    assert [field.column for field in load(write(tmp_path, chosen)).sort_by] == ["restaurantid", "menuitem"]
    unsorted = changed(lambda d, _: d["customProperties"].remove(custom(d, "sortBy")))
    assert load(write(tmp_path, unsorted)).sort_by == ()


@pytest.mark.parametrize(
    ("groups", "read"), [(None, ("orders",)), (["Cash-Registers", "b2b_"], ("Cash-Registers", "b2b_"))]
)
def test_a_contract_names_the_groups_that_may_send_else_they_are_called_as_the_source(tmp_path, groups, read):
    contract = load(write(tmp_path, changed(ldap(groups))))
    assert (contract.authentication, contract.ldap_groups) == (Authentication.LDAP, read)


@pytest.mark.parametrize("groups", [[], ["a,cn=b"], ["a)(cn=*"], ["*"], [""], "orders", ["a\x00"], ["grüße"]])
def test_what_is_no_name_of_a_group_is_refused(tmp_path, groups):
    with pytest.raises(ContractError, match=r"orders\.yaml: customProperties\.ldapGroups"):
        load(write(tmp_path, changed(ldap(groups))))


def test_groups_need_a_path_that_asks_for_ldap(tmp_path):
    def change(document, _):
        document["customProperties"].append({"property": "ldapGroups", "value": ["orders"]})

    with pytest.raises(ContractError, match="ldapGroups: needs authentication: ldap; the contract has api_key"):
        load(write(tmp_path, changed(change)))


def signed(header=None, delivery="lambda"):
    """A change to signatures, in a header unless None."""

    def change(document, _):
        custom(document, "authentication")["value"] = "signature"
        custom(document, "delivery")["value"] = delivery
        document["customProperties"].remove(custom(document, "quota"))
        if header is not None:
            document["customProperties"].append({"property": "signature", "value": {"header": header}})

    return change


@pytest.mark.parametrize(
    ("header", "read"), [(None, "X-Hub-Signature-256"), ("X-Shopify-Hmac-Sha256", "X-Shopify-Hmac-Sha256")]
)
def test_a_contract_names_the_header_that_holds_the_signature(tmp_path, header, read):
    assert load(write(tmp_path, changed(signed(header)))).signature_header == read


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (signed(header=""), "customProperties.signature.header"),
        (signed(header="X-A: 1"), "customProperties.signature.header"),
        (signed(delivery="direct"), "customProperties.authentication: signature needs delivery: lambda"),
        (
            lambda d, f: d["customProperties"].append({"property": "signature", "value": {"header": "X-A"}}),
            "customProperties.signature: needs authentication: signature; the contract has api_key",
        ),
        (
            lambda d, f: custom(d, "authentication").update(value="iam"),
            "customProperties.quota: counts the requests of an API key; the contract has authentication: iam",
        ),
    ],
)
def test_a_signature_or_a_quota_that_cannot_be_kept_is_refused(tmp_path, change, reason):
    with pytest.raises(ContractError) as refused:
        load(write(tmp_path, changed(change)))
    assert reason in str(refused.value)


def test_the_orders_contract_says_what_the_platform_needs():
    orders = load(SOURCES / "orders.yaml")

    assert [field.name for field in orders.fields if field.required] == [
        "timestamp",
        "menuItem",
        "quantity",
        "price",
        "customerId",
        "restaurantId",
    ]
    assert orders.primary_key.name == "event_id"
    assert orders.event_time.type is FieldType.TIMESTAMP
    assert (orders.path, orders.delivery, orders.authentication) == ("/events", Delivery.LAMBDA, Authentication.API_KEY)
    assert orders.throttle == Throttle(200, 400)
    assert orders.quota == Quota(1_000_000, QuotaPeriod.DAY)
    assert (orders.retention_days, orders.processed_retention_days, orders.archive_after_days) == (365, 365, None)


def test_processed_events_may_expire_sooner_and_what_came_may_move(tmp_path):
    def change(document, _fields):
        keep(document, "processed", 7)
        document["customProperties"].append({"property": "archiveAfterDays", "value": 275})

    found = load(write(tmp_path, changed(change)))
    assert (found.retention_days, found.processed_retention_days, found.archive_after_days) == (365, 7, 275)


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (lambda d, f: d.update(apiVersion="v3.0.0"), "apiVersion", "write v3.1.0"),
        (lambda d, f: d.update(id="sales"), "id", "'sales' must be the file's name; write orders, or rename the file"),
        (lambda d, f: d.update(colour="red"), "colour", "is not known; known are version"),
        (lambda d, f: d["schema"][0].update(propertys=[]), "schema[0].propertys", "is not known; near: properties"),
        (
            lambda d, f: f["price"].update(logicalTypeOption={"minimum": 0}),
            "schema[0].properties[4] (price).logicalTypeOption",
            "is not known; near: logicalTypeOptions",
        ),
        (
            lambda d, f: f["price"].update(required="yes"),
            "schema[0].properties[4] (price).required",
            "'yes' is not of type 'boolean'",
        ),
        (
            lambda d, f: f["menuItem"].update(enum=["pizza"]),
            "schema[0].properties[2] (menuItem).enum[0]",
            "'pizza' must be a mapping; write `- value: pizza`",
        ),
        (
            lambda d, f: (f["event_id"].pop("primaryKey"), f["quantity"].update(primaryKey=True)),
            "schema[0].properties[3] (quantity).primaryKey",
            "must be of a string field; quantity is integer; by it repeated events are found",
        ),
        (lambda d, f: d.pop("version"), "", "'version' is a required property"),
        (lambda d, f: d["schema"].append(d["schema"][0]), "schema", "exactly one element"),
        (lambda d, f: d["schema"][0].update(properties=[]), "schema[0].properties", "at least one field"),
        (
            lambda d, f: f["price"].update(logicalType="money"),
            "schema[0].properties[4] (price).logicalType",
            "'money' is not supported; write string, integer, number, boolean, timestamp or date",
        ),
        (
            lambda d, f: f["price"].update(logicalType="array", logicalTypeOptions={}),
            "properties[4] (price).logicalType",
            "is not supported",
        ),
        (lambda d, f: f["price"].pop("logicalType"), "properties[4] (price).logicalType", "is missing"),
        (
            lambda d, f: f["price"].update(physicalType="decimal(20,2)"),
            "(price).physicalType",
            "precision from 1 to 15",
        ),
        (lambda d, f: f["price"].update(physicalType="decimal(5;2)"), "(price).physicalType", "decimal(10,2)"),
        (lambda d, f: f["quantity"].update(physicalType="int"), "(quantity).physicalType", "leave it out"),
        (lambda d, f: f["menuItem"].update(name="menu item"), "(menu item).name", "letters, digits and underscores"),
        (lambda d, f: f["menuItem"].update(name="PRICE"), "(price).name", "already that of the field 'PRICE'"),
        (lambda d, f: f["menuItem"].update(name="Extra"), "(Extra).name", "a column that the platform adds"),
        (
            lambda d, f: f["menuItem"]["logicalTypeOptions"].update(pattern="("),
            "(menuItem).logicalTypeOptions.pattern",
            "is not a regular expression",
        ),
        (
            lambda d, f: f["menuItem"]["logicalTypeOptions"].update(format="email"),
            "(menuItem).logicalTypeOptions.format",
            "is not supported for string fields",
        ),
        (
            lambda d, f: f["quantity"].update(logicalTypeOptions={"minimum": 50, "maximum": 1}),
            "(quantity).logicalTypeOptions.minimum",
            "50 leaves no value below maximum 1",
        ),
        (
            lambda d, f: f["price"].update(logicalTypeOptions={"exclusiveMinimum": 0, "maximum": 0}),
            "(price).logicalTypeOptions.exclusiveMinimum",
            "0 leaves no value below maximum 0",
        ),
        (
            lambda d, f: f["menuItem"].update(logicalTypeOptions={"minLength": 300, "maxLength": 200}),
            "(menuItem).logicalTypeOptions.minLength",
            "300 leaves no value below maxLength 200",
        ),
        (lambda d, f: f["quantity"].update(enum=[{"value": "two"}]), "(quantity).enum", "'two' is not a integer"),
        (
            lambda d, f: f["event_id"].pop("primaryKey"),
            "schema[0].properties",
            "exactly one string field with primaryKey",
        ),
        (
            lambda d, f: custom(d, "eventTime").update(value="price"),
            "customProperties.eventTime",
            "'price' must name a field of logicalType timestamp",
        ),
        (lambda d, f: custom(d, "sortBy").update(value=["shop"]), "customProperties.sortBy.0", "'shop' must be one of"),
        (lambda d, f: custom(d, "sortBy").update(value="menuItem"), "customProperties.sortBy", "'menuItem'"),
        (lambda d, f: custom(d, "sortBy").update(value=[]), "customProperties.sortBy", "[]"),
        (lambda d, f: custom(d, "sortBy").update(value=["price"] * 2), "customProperties.sortBy.1", "stands twice"),
        (
            lambda d, f: custom(d, "sortBy").update(value=["timestamp"]),
            "customProperties.sortBy.0",
            "is the event time",
        ),
        (lambda d, f: custom(d, "sortBy").update(value=["event_id"]), "customProperties.sortBy.0", "no two rows share"),
        (
            lambda d, f: f["restaurantId"].update(customProperties=[{"property": "hash", "value": True}]),
            "customProperties.sortBy.0",
            "restaurantId is hashed",
        ),
        (lambda d, f: custom(d, "path").update(value="events"), "customProperties.path", "'events'"),
        (lambda d, f: custom(d, "delivery").update(value="pigeon"), "customProperties.delivery", "'pigeon'"),
        (lambda d, f: custom(d, "throttle")["value"].update(burst=0), "customProperties.throttle.burst", "0: must be"),
        (
            lambda d, f: custom(d, "throttle").update(value=20),
            "customProperties.throttle",
            "20: must be {ratePerSecond, burst}",
        ),
        (
            lambda d, f: custom(d, "throttle").update(value={"ratePerSecnd": 20, "burst": 20}),
            "customProperties.throttle.ratePerSecnd",
            "is not known; near: ratePerSecond",
        ),
        (
            lambda d, f: custom(d, "eventTime").update(property="evenTime"),
            "customProperties.evenTime",
            "is not known; near: eventTime",
        ),
        (lambda d, f: custom(d, "throttle").update(property="limit"), "customProperties.throttle", "is missing"),
        (
            lambda d, f: d["customProperties"].append({"property": "limit", "value": 1}),
            "customProperties.limit",
            "is not known; known are path",
        ),
        (
            lambda d, f: d["customProperties"].append({"property": "path", "value": "/x"}),
            "customProperties.path",
            "stands twice",
        ),
        *(
            (lambda d, f, value=value: origins(d, value), "customProperties.allowedOrigins", reason)
            for value, reason in (
                ("https://a.example", 'must be "*", or a list of origins'),
                ([], 'must be "*", or a list of origins'),
                (["*"], "'*' is not an origin as browsers write it"),
                (["https://a.example/"], "'https://a.example/' is not an origin"),
                (["https://A.example"], "small letters"),
                (["https://a.example:443"], "a port unless it is the usual one"),
                (["http://a.example:80"], "a port unless it is the usual one"),
                (["a.example"], "'a.example' is not an origin"),
                ([5], "5 is not an origin"),
                (["https://a.example", "https://a.example"], "names an origin twice"),
            )
        ),
        (
            lambda d, f: f["price"].update(customProperties=[{"property": "aliases", "value": ["cost", "quantity"]}]),
            "(price).customProperties.aliases",
            "'quantity' is already that of the field 'quantity'",
        ),
        (
            lambda d, f: f["price"].update(customProperties=[{"property": "aliases", "value": "cost"}]),
            "(price).customProperties.aliases",
            "must be a list of field names",
        ),
        (
            lambda d, f: f["price"].update(customProperties=[{"property": "alias", "value": "cost"}]),
            "(price).customProperties.alias",
            "is not known; near: aliases",
        ),
        *(
            (
                lambda d, f, field=field, given=given: f[field].update(
                    customProperties=[{"property": name, "value": value} for name, value in given]
                ),
                f"({field}).customProperties.{given[0][0]}",
                reason,
            )
            for field, given, reason in (
                (
                    "menuItem",
                    [("numericStrings", True)],
                    "is not for string fields (only for: integer, number, decimal)",
                ),
                ("price", [("numericStrings", "yes")], "'yes' must be true; leave the property out otherwise"),
                ("quantity", [("round", True)], "is not for integer fields (only for: decimal)"),
                ("price", [("epochUnit", "seconds")], "is not for decimal fields (only for: timestamp)"),
                ("timestamp", [("epochUnit", "days")], "'days' must be seconds, milliseconds, microseconds"),
                ("price", [("aliases", ["cost"]), ("aliases", ["sum"])], "stands twice"),
            )
        ),
        *(
            (
                lambda d, f, value=value: d["customProperties"].append({"property": "filter", "value": [value]}),
                f"customProperties.filter.0{place}",
                reason,
            )
            for value, place, reason in (
                (
                    {"field": "colour", "present": True},
                    ".field",
                    "'colour' must be one of event_id, timestamp, menuItem",
                ),
                ({"field": "price"}, "", "says nothing of the field; give present, in, notIn, minimum or maximum"),
                ({"field": "menuItem", "in": [1]}, ".in", "1 is not a string, as menuItem is"),
                ({"field": "quantity", "notIn": ["1"]}, ".notIn", "'1' is not a integer, as quantity is"),
                ({"field": "price", "in": [1]}, ".in", "is for string, integer and boolean fields; price is decimal"),
                ({"field": "menuItem", "in": []}, ".in", "at least 1 item"),
                ({"field": "menuItem", "minimum": 1}, ".minimum", "is for numbers, and menuItem is a string"),
                ({"field": "price", "like": "1%"}, ".like", "is not known"),
            )
        ),
        *(
            (
                lambda d, f, value=value: d["customProperties"].append({"property": "unpack", "value": value}),
                f"customProperties.unpack{place}",
                reason,
            )
            for value, place, reason in (
                ({}, ".array", "is missing"),
                ({"array": "price"}, ".array", "'price' is a field of the events; name the array that holds them"),
                ({"array": "items", "keep": ["shop"]}, ".keep", "'shop' is no field, nor the alias of one"),
                ({"array": "items", "maxEvents": 501}, ".maxEvents", "less than or equal to 500"),
            )
        ),
        (
            lambda d, f: (
                custom(d, "delivery").update(value="direct"),
                d["customProperties"].append({"property": "unpack", "value": {"array": "items"}}),
            ),
            "customProperties.unpack",
            "needs delivery: lambda",
        ),
        (lambda d, f: d.pop("slaProperties"), "slaProperties.retention", "needs to stand once"),
        (lambda d, f: d["slaProperties"][0].update(value=0), "slaProperties.retention", "1 or more"),
        (
            lambda d, f: d["slaProperties"][0].update(unit="weeks"),
            "slaProperties.retention",
            "'weeks' is not supported",
        ),
        (lambda d, f: d["slaProperties"][0].update(value=6), "slaProperties.retention", "7 days or more"),
        (lambda d, f: keep(d, "processed", 366), "slaProperties.retention", "must not be longer than of all, 365"),
        (lambda d, f: keep(d, "processed", 6), "slaProperties.retention", "what expires before it is curated is lost"),
        (lambda d, f: keep(d, "raw", 30), "slaProperties.retention", "write processed, or none"),
        (lambda d, f: keep(d, "", 30), "slaProperties.retention", "stands twice without element"),
        (lambda d, f: frequent(d, 1, "month"), "slaProperties.frequency", "write h (hours) or d (days)"),
        (lambda d, f: frequent(d, 8, "d"), "slaProperties.frequency", "from 1 hour to 7 days"),
        (lambda d, f: frequent(d, 0.5, "h"), "slaProperties.frequency", "must be a whole number"),
        (lambda d, f: [frequent(d, 1, "h"), frequent(d, 2, "h")], "slaProperties.frequency", "stands twice"),
        (
            lambda d, f: (keep(d, "processed", 30), keep(d, "processed", 30)),
            "slaProperties.retention",
            "stands twice for processed",
        ),
        (
            lambda d, f: d["customProperties"].append({"property": "archiveAfterDays", "value": 276}),
            "customProperties.archiveAfterDays",
            "90 days or more before the retention ends",
        ),
        (
            lambda d, f: d["customProperties"].append({"property": "archiveAfterDays", "value": 0}),
            "customProperties.archiveAfterDays",
            "greater than or equal to 1",
        ),
    ],
)
def test_an_invalid_contract_is_refused_with_file_place_and_reason(tmp_path, change, place, reason):
    file = write(tmp_path, changed(change))

    with pytest.raises(ContractError) as refusal:
        load(file)

    assert str(file) in str(refusal.value)
    assert place in refusal.value.place
    assert reason in refusal.value.reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "orders.yaml: line 1, column 5: is not YAML"),
        ("id: orders\nid: sales\n", "orders.yaml: line 2, column 1: is not YAML: the key 'id' stands twice"),
        ("- 1\n", "must be a YAML mapping"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(ContractError) as refusal:
        load(write(tmp_path, text))

    assert message in str(refusal.value)


def test_a_missing_or_unreadable_file_is_a_contract_error(tmp_path):
    with pytest.raises(ContractError, match="No such file"):
        load(tmp_path / "orders.yaml")
    (tmp_path / "orders.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContractError, match="not UTF-8"):
        load(tmp_path / "orders.yaml")


@pytest.mark.parametrize("name", ["orders_raw", "orders_processed", "orders_curated", "orders_now"])
def test_a_source_cannot_take_the_name_of_another_ones_table(tmp_path, name):
    with pytest.raises(ContractError, match="must not end in"):
        load(write(tmp_path, {**ORDERS, "id": name}, name=name))


@pytest.mark.parametrize("name", ["errors", "filtered", "csv"])
def test_a_source_cannot_take_a_name_that_the_platform_uses_itself(tmp_path, name):
    with pytest.raises(ContractError, match=r"id: .* must not be one of .*which the platform uses itself"):
        load(write(tmp_path, {**ORDERS, "id": name}, name=name))


def test_a_source_without_a_path_is_posted_to_by_its_name(tmp_path):
    document = changed(lambda d, f: d["customProperties"].remove(custom(d, "path")))
    document["id"] = "shop_orders"

    assert load(write(tmp_path, document, name="shop_orders")).path == "/ingest/shop_orders"


def test_no_source_takes_the_path_of_files(tmp_path):
    properties = [
        {**item, "value": "/ingest/csv"} if item["property"] == "path" else item for item in ORDERS["customProperties"]
    ]
    write(tmp_path, {**ORDERS, "customProperties": properties})

    with pytest.raises(ContractError, match=r"customProperties\.path: /ingest/csv is the path of files"):
        load_all(tmp_path)


def test_two_sources_cannot_share_a_path(tmp_path):
    write(tmp_path, ORDERS)
    write(tmp_path, {**ORDERS, "id": "sales"}, name="sales")

    with pytest.raises(ContractError, match=r"sales\.yaml: customProperties\.path: /events is already the path of"):
        load_all(tmp_path)


def test_a_directory_without_contracts_is_refused(tmp_path):
    with pytest.raises(ContractError, match="holds no contract"):
        load_all(tmp_path)
