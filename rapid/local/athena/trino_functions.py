"""Functions of Trino that the local cloud does not have: a call of one is refused as such, not as unknown.

Source: https://trino.io/docs/current/functions/list.html.
"""

from __future__ import annotations

OTHER_TRINO_FUNCTIONS = frozenset(
    """
    approx_most_frequent approx_set array_first array_histogram array_last bar beta_cdf bing_tile bing_tile_at
    bing_tile_coordinates bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level bing_tiles_around char2hexint
    checksum classify color combinations contains_sequence convex_hull_agg cosine_distance cosine_similarity
    current_groups current_timezone dot_product empty_approx_set euclidean_distance evaluate_classifier_predictions
    features format_number from_base32 from_base64url from_big_endian_32 from_big_endian_64
    from_encoded_polyline from_geojson_geometry from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos
    from_unixtime_nanos geometry_from_hadoop_shape geometry_invalid_reason geometry_nearest_points
    geometry_to_bing_tiles geometry_union geometry_union_agg great_circle_distance hash_counts
    human_readable_seconds index intersection_cardinality inverse_beta_cdf inverse_normal_cdf jaccard_index
    json_array json_array_get json_exists json_object json_query json_value kurtosis learn_classifier
    learn_libsvm_classifier learn_libsvm_regressor learn_regressor line_interpolate_point line_interpolate_points
    line_locate_point luhn_check make_set_digest map_union merge merge_set_digest multimap_agg multimap_from_entries
    murmur3 normal_cdf numeric_histogram objectid objectid_timestamp parse_data_size parse_duration
    parse_presto_data_size qdigest_agg quantile_at_value random_string reduce_agg regexp_position regress render rgb
    shuffle simplify_geometry skewness soundex spatial_partitioning spatial_partitions split_to_multimap
    spooky_hash_v2_32 spooky_hash_v2_64 st_area st_asbinary st_astext st_boundary st_buffer st_centroid st_contains
    st_convexhull st_coorddim st_crosses st_difference st_dimension st_disjoint st_distance st_endpoint st_envelope
    st_envelopeaspts st_equals st_exteriorring st_geometries st_geometryfromtext st_geometryn st_geometrytype
    st_geomfrombinary st_interiorringn st_interiorrings st_intersection st_intersects st_isclosed st_isempty
    st_isring st_issimple st_isvalid st_length st_linefromtext st_linestring st_multipoint st_numgeometries
    st_numinteriorring st_numpoints st_overlaps st_point st_pointn st_points st_polygon st_relate st_startpoint
    st_symdifference st_touches st_union st_within st_x st_xmax st_xmin st_y st_ymax st_ymin tdigest_agg
    theta_sketch_cardinality theta_sketch_union timestamp_objectid to_base32 to_base64url to_big_endian_32 to_char
    to_date to_encoded_polyline to_geojson_geometry to_geometry to_ieee754_32 to_ieee754_64 to_spherical_geography
    to_timestamp value_at_quantile values_at_quantiles version wilson_interval_lower wilson_interval_upper word_stem
    xxhash64
    """.split()  # noqa: SIM905
)
