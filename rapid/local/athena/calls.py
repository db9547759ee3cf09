"""Calls of functions: scalar, aggregate (FILTER) and window (OVER)."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import NamedTuple

from sqlglot import exp

from .aggregate_functions import AGGREGATES, TAKES_NULLS, WINDOW_ONLY
from .array_functions import ARRAY_SCALARS
from .clauses import Clause
from .conditional_functions import CONDITIONAL_SCALARS
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .functions import Build, Call, Lambda, UnsupportedCallError
from .math_functions import MATH_SCALARS
from .moment_functions import MOMENT_SCALARS
from .scopes import Value
from .text_functions import TEXT_SCALARS
from .trino_types import BIGINT, FUNCTION

SCALARS: dict[str, Build] = {
    **CONDITIONAL_SCALARS,
    **TEXT_SCALARS,
    **MATH_SCALARS,
    **MOMENT_SCALARS,
    **ARRAY_SCALARS,
}
OTHER_TRINO_FUNCTIONS = frozenset(
    """
    approx_most_frequent approx_set array_first array_histogram array_last bar beta_cdf bing_tile bing_tile_at
    bing_tile_coordinates bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level bing_tiles_around bit_count
    bitwise_left_shift bitwise_right_shift bitwise_right_shift_arithmetic cbrt char2hexint checksum classify color
    combinations contains_sequence convex_hull_agg cosh cosine_distance cosine_similarity crc32 current_groups
    current_timezone dot_product empty_approx_set euclidean_distance evaluate_classifier_predictions features
    format format_number from_base from_base32 from_base64url from_big_endian_32
    from_encoded_polyline from_geojson_geometry from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos
    from_unixtime_nanos geometry_from_hadoop_shape geometry_invalid_reason geometry_nearest_points
    geometry_to_bing_tiles geometry_union geometry_union_agg great_circle_distance hamming_distance hash_counts
    hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512 human_readable_seconds index intersection_cardinality
    inverse_beta_cdf inverse_normal_cdf jaccard_index json_array json_array_get json_exists json_object json_query
    json_value kurtosis learn_classifier learn_libsvm_classifier learn_libsvm_regressor learn_regressor
    levenshtein_distance line_interpolate_point line_interpolate_points line_locate_point luhn_check
    make_set_digest map_filter map_union map_zip_with merge merge_set_digest multimap_agg multimap_from_entries
    murmur3 ngrams normal_cdf numeric_histogram objectid objectid_timestamp parse_data_size parse_duration
    parse_presto_data_size qdigest_agg quantile_at_value random_string reduce reduce_agg regexp_position regress
    render repeat rgb sha512 shuffle simplify_geometry sinh skewness soundex spatial_partitioning
    spatial_partitions split_to_map split_to_multimap spooky_hash_v2_32 spooky_hash_v2_64 st_area st_asbinary
    st_astext st_boundary st_buffer st_centroid st_contains st_convexhull st_coorddim st_crosses st_difference
    st_dimension st_disjoint st_distance st_endpoint st_envelope st_envelopeaspts st_equals st_exteriorring
    st_geometries st_geometryfromtext st_geometryn st_geometrytype st_geomfrombinary st_interiorringn
    st_interiorrings st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple st_isvalid
    st_length st_linefromtext st_linestring st_multipoint st_numgeometries st_numinteriorring st_numpoints
    st_overlaps st_point st_pointn st_points st_polygon st_relate st_startpoint st_symdifference st_touches
    st_union st_within st_x st_xmax st_xmin st_y st_ymax st_ymin tanh tdigest_agg theta_sketch_cardinality
    theta_sketch_union timestamp_objectid timezone_hour timezone_minute to_base to_base32 to_base64url
    to_big_endian_32 to_big_endian_64 to_char to_date to_encoded_polyline to_geojson_geometry to_geometry
    to_ieee754_32 to_ieee754_64 to_spherical_geography to_timestamp transform_keys transform_values trim_array
    url_decode url_encode url_extract_fragment url_extract_host url_extract_parameter url_extract_path
    url_extract_port url_extract_protocol url_extract_query value_at_quantile values_at_quantiles version
    wilson_interval_lower wilson_interval_upper word_stem xxhash64 zip zip_with
    """.split()  # noqa: SIM905
)
"""Functions of Trino that the local cloud does not have: a call of one is refused as such, not as unknown.

Source: https://trino.io/docs/current/functions/list.html.
"""


class Suffix(NamedTuple):
    """What follows an aggregate or window function's parenthesis; WITHIN GROUP's order and nulls belong inside it."""

    filter: str = ""
    over: str = ""
    order: tuple[exp.Ordered, ...] = ()
    nulls: str = ""


_NO_SUFFIX = Suffix()


class FunctionCalls(ABC):
    """Translates calls that stand in one query's expressions."""

    @abstractmethod
    def value(self, node: exp.Expr, clause: Clause) -> Value:
        """Translate an expression."""

    @abstractmethod
    def condition(self, node: exp.Expr, clause: Clause) -> str:
        """Translate a boolean expression."""

    @abstractmethod
    def at(self, node: exp.Expr) -> Position | None:
        """Return where a node stands."""

    def grammar(self, node: exp.Expr, clause: Clause) -> Value:
        """EXTRACT, SUBSTRING FROM, TRIM and POSITION: other spellings of ordinary functions."""
        if isinstance(node, exp.Extract):
            return self._call(str(node.name).lower(), [node.expression], node, clause)
        if isinstance(node, exp.Substring):
            listed = [node.this, node.args.get("start"), node.args.get("length")]
            return self._call("substr", [item for item in listed if item is not None], node, clause)
        if isinstance(node, exp.StrPosition):
            return self._call("strpos", [node.this, node.args["substr"]], node, clause)
        side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        listed = [node.this, node.args.get("expression")]
        return self._call(side, [item for item in listed if item is not None], node, clause)

    def function(self, node: exp.Anonymous, clause: Clause, suffix: Suffix = _NO_SUFFIX) -> Value:
        """Translate a call by name."""
        name = str(node.this).lower()
        if name == "grouping" and clause.grouped is not None:
            return self._grouping(node, clause)
        return self._call(name, node.expressions, node, clause, suffix)

    def _call(
        self, name: str, nodes: list[exp.Expr], node: exp.Expr, clause: Clause, suffix: Suffix = _NO_SUFFIX
    ) -> Value:
        build = self._find(name, node, clause, suffix)
        order, distinct = suffix.order, ""
        if nodes and isinstance(nodes[-1], exp.Order):
            order, nodes = tuple(nodes[-1].expressions), [*nodes[:-1], nodes[-1].this]
        if nodes and isinstance(nodes[0], exp.Distinct):
            distinct, nodes = "DISTINCT ", [*nodes[0].expressions, *nodes[1:]]
        if [type(item) for item in nodes] == [exp.Star] and name == "count" and not any(nodes[0].args.values()):
            nodes = []
        for is_there, word in ((distinct, "DISTINCT"), (order, "ORDER BY")):
            if is_there and name not in AGGREGATES:
                raise not_supported(f"{word} in {name}", self.at(node))
        if name in AGGREGATES and not suffix.over:
            clause = dataclasses.replace(clause, grouped=None, allows_aggregates=False, outputs=())
        lambdas = {
            index: self._lambda(item, clause) for index, item in enumerate(nodes) if isinstance(item, exp.Lambda)
        }
        arguments = tuple(
            Value("", FUNCTION) if index in lambdas else self.value(item, clause) for index, item in enumerate(nodes)
        )
        ordered = f" ORDER BY {', '.join(self.ordering(item, clause) for item in order)}" if order else ""
        call = Call(
            name, arguments, tuple(nodes), suffix.filter + suffix.over, distinct, ordered, suffix.nulls, lambdas,
            f"e{clause.depth}",
        )  # fmt: skip
        return self._built(build, call, node)

    def _built(self, build: Build, call: Call, node: exp.Expr) -> Value:
        at = self.at(node)
        try:
            value = build(call)
        except UnsupportedCallError as error:
            raise not_supported(str(error).removesuffix(" is not supported by the local cloud"), at) from None
        except QueryFailedError as error:
            raise error.placed(at) from None
        if value is None:
            types = ", ".join(str(argument.type) for argument in call.arguments)
            message = f"Unexpected parameters ({types}) for function {call.name}"
            raise QueryFailedError(ErrorName.FUNCTION_NOT_FOUND, message, at)
        return value

    def _lambda(self, node: exp.Lambda, clause: Clause) -> Lambda:
        names = [parameter.name.lower() for parameter in node.expressions]

        def body(*values: Value) -> Value:
            variables = {**clause.variables, **dict(zip(names, values, strict=True))}
            inner = dataclasses.replace(clause, variables=variables, depth=clause.depth + 1, allows_aggregates=False)
            return self.value(node.this, inner)

        return Lambda(len(names), body)

    def _find(self, name: str, node: exp.Expr, clause: Clause, suffix: Suffix) -> Build:
        is_window, at = bool(suffix.over), self.at(node)
        if suffix.nulls and name not in TAKES_NULLS:
            raise not_supported(f"IGNORE NULLS in {name}", at)
        if name in AGGREGATES and (clause.allows_aggregates or is_window):
            return AGGREGATES[name]
        if name in AGGREGATES:
            message = f"{clause.name} clause cannot contain aggregations, window functions or grouping operations"
            raise QueryFailedError(ErrorName.EXPRESSION_NOT_SCALAR, message, at)
        if name in WINDOW_ONLY and is_window:
            return WINDOW_ONLY[name]
        if name in WINDOW_ONLY:
            message = f"Window function {name} requires an OVER clause"
            raise QueryFailedError(ErrorName.FUNCTION_NOT_FOUND, message, at)
        build = SCALARS.get(name)
        if build is None and name in OTHER_TRINO_FUNCTIONS:
            raise not_supported(f"Function '{name}'", at)
        if build is None or suffix != _NO_SUFFIX:
            raise QueryFailedError(ErrorName.FUNCTION_NOT_FOUND, f"Function '{name}' not registered", at)
        return build

    def _grouping(self, node: exp.Anonymous, clause: Clause) -> Value:
        """GROUPING: which of the columns a row's grouping set leaves out, a bit each."""
        plain = dataclasses.replace(clause, grouped=None)
        columns = [self.value(item, plain).sql for item in node.expressions]
        if not columns or not set(columns) <= (clause.grouped or frozenset()):
            message = "The arguments to GROUPING() must be expressions referenced by the GROUP BY at this query level"
            raise QueryFailedError(ErrorName.INVALID_COLUMN_REFERENCE, message, self.at(node))
        return Value(f"CAST(grouping({', '.join(columns)}) AS BIGINT)", BIGINT)

    def filtered(self, node: exp.Filter, clause: Clause, over: str = "") -> Value:
        """Translate an aggregate function with FILTER."""
        inner = dataclasses.replace(clause, grouped=None, allows_aggregates=False, name="FILTER", outputs=())
        condition = self.condition(node.expression.this, inner)
        target, order = node.this, ()
        if isinstance(target, exp.WithinGroup):
            target, order = target.this, tuple(target.expression.expressions)
        if not isinstance(target, exp.Anonymous) or str(target.this).lower() not in AGGREGATES:
            raise not_supported("FILTER on what is not an aggregate function", self.at(node))
        return self.function(target, clause, Suffix(f" FILTER (WHERE {condition})", over, order))

    def within_group(self, node: exp.WithinGroup, clause: Clause) -> Value:
        """Translate LISTAGG … WITHIN GROUP (ORDER BY …)."""
        if not isinstance(node.this, exp.Anonymous) or str(node.this.this).lower() != "listagg":
            raise not_supported(f"'{node.sql(dialect='trino')}'", self.at(node))
        return self.function(node.this, clause, Suffix(order=tuple(node.expression.expressions)))

    def windowed(self, node: exp.Window, clause: Clause) -> Value:
        """Translate a function with OVER."""
        if clause.name not in ("SELECT", "ORDER BY"):
            message = f"{clause.name} clause cannot contain aggregations, window functions or grouping operations"
            raise QueryFailedError(ErrorName.EXPRESSION_NOT_SCALAR, message, self.at(node))
        inner = dataclasses.replace(clause, name="OVER", outputs=())
        over = f" OVER ({self._specification(self._named_window(node, clause), inner)})"
        target, nulls = node.this, ""
        if isinstance(target, exp.IgnoreNulls | exp.RespectNulls):
            nulls = " IGNORE NULLS" if isinstance(target, exp.IgnoreNulls) else ""
            target = target.this
        if isinstance(target, exp.Filter) and not nulls:
            return self.filtered(target, inner, over)
        if not isinstance(target, exp.Anonymous):
            raise not_supported(f"'{target.sql(dialect='trino')}' with OVER", self.at(node))
        return self.function(target, inner, Suffix(over=over, nulls=nulls))

    def _named_window(self, node: exp.Window, clause: Clause) -> exp.Window:
        """Return the window that OVER name means, or the one that OVER (…) describes."""
        if node.args.get("alias") is None:
            return node
        name = node.alias.lower()
        has_more = any(node.args.get(part) for part in ("partition_by", "order", "spec"))
        found = clause.windows.get(name)
        if has_more or (found is not None and found.args.get("alias") is not None):
            raise not_supported("A window that refers to a named window", self.at(node))
        if found is None:
            message = f"Cannot resolve WINDOW name {name}"
            raise QueryFailedError(ErrorName.INVALID_WINDOW_REFERENCE, message, self.at(node))
        return found

    def _specification(self, node: exp.Window, clause: Clause) -> str:
        partition = [self.value(item, clause).sql for item in node.args.get("partition_by") or []]
        order = [
            self.ordering(item, clause) for item in (node.args["order"].expressions if node.args.get("order") else [])
        ]
        parts = [
            f"PARTITION BY {', '.join(partition)}" if partition else "",
            f"ORDER BY {', '.join(order)}" if order else "",
            _frame(node.args.get("spec"), self.at(node)),
        ]
        return " ".join(part for part in parts if part)

    def ordering(self, node: exp.Ordered, clause: Clause, sql: str | None = None) -> str:
        """Return one ORDER BY item (``sql`` replaces its expression); Trino puts nulls last unless told otherwise."""
        expression = sql or self.value(node.this, clause).sql
        direction = "DESC" if node.args.get("desc") else "ASC"
        return f"{expression} {direction} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"


def _frame(spec: exp.WindowSpec | None, position: Position | None) -> str:
    """Return the SQL of a window's frame (ROWS or RANGE BETWEEN …), empty if none is written."""
    if spec is None:
        return ""
    kind = str(spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE") or spec.args.get("exclude"):
        raise not_supported(f"Window frame '{spec.sql(dialect='trino')}'", position)
    start = _frame_bound(spec.args.get("start"), spec.args.get("start_side"), kind, position)
    if spec.args.get("end") is None:
        return f"{kind} {start}"
    return f"{kind} BETWEEN {start} AND {_frame_bound(spec.args['end'], spec.args.get('end_side'), kind, position)}"


def _frame_bound(bound: exp.Expr | str | None, side: str | None, kind: str, position: Position | None) -> str:
    if isinstance(bound, str) and bound.upper() == "CURRENT ROW":
        return "CURRENT ROW"
    direction = str(side or "").upper()
    if isinstance(bound, str) and bound.upper() == "UNBOUNDED" and direction in ("PRECEDING", "FOLLOWING"):
        return f"UNBOUNDED {direction}"
    is_count = isinstance(bound, exp.Literal) and str(bound.this).isdigit()
    if is_count and kind == "ROWS" and direction in ("PRECEDING", "FOLLOWING"):
        return f"{bound.this} {direction}"  # type: ignore[union-attr]
    raise not_supported(f"Window frame bound '{bound}'", position)
