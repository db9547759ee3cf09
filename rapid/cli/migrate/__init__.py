"""`rapid migrate`: what a stack holds, carried over to its streaming lake, step by step behind gates.

`state` says where the migration is and remembers what each step came to, `gates` refuse a step before its time,
`inventory` is what there is to carry over. A module each for the steps: `plan`, `sync`, `verify`, `cutover`,
`rollback`, `decommission`.
"""
