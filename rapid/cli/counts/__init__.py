"""`rapid counts`: what became of every event that was accepted, counted so that a lost one shows.

An event is known by the id of its envelope, which the API gives to each accepted event and which no two share. Every
zone keeps it, so sets of ids are compared, and an object or record that Firehose delivers twice changes nothing:

    R  ids in `<source>_raw`          P  `ingest_id` in `<source>_processed`    C  `ingest_id` in `<source>_curated`
    Q  ids of objects in quarantine   F  ids in records under the error prefix  D  ids in dead-letter messages
    X  ids that the transform noted as kept out by the contract's filter

    accepted      = |R + P + C + Q + X + F + D|: every id that any place holds
    curated       = rows of the curated table; each is one id of C
    duplicate     = ids of P, not of C, whose primary key a curated row has
    quarantined   = ids of Q that are in none of P, C, X
    filtered      = ids of X that are in neither P nor C
    failed        = ids of F that are in none of P, C, Q, X
    dead-lettered = ids of D that are in none of P, C, Q, X, F
    in flight     = other ids of P, in a processed object that the table's ledger does not hold;
                    other ids of R, while the stream still holds records, or may (on AWS, where that cannot be asked:
                    received within the time that Firehose keeps what it can deliver)
    erased        = events of persons who were erased (rapid/cli/forget.py): no place holds their ids any more, so that
                    the reports of the erasures say how many they were; accepted is more than the ids by these
    unaccounted   = accepted - all of these

No fate is what is left over: each is counted by what shows it. So an id that is in the raw zone and nowhere else, or in
a processed object that the ledger holds without being in the table or a repeat of what is there, stays unaccounted; a
row that is in the table twice makes unaccounted smaller, and is told besides. With either, the counts do not add up.

Rows of files have ids as well, `<file id>-<number>`. They are never in the raw zone: what was read of a file is what
its report counts, so that each of these rows is looked for in P, C, Q and X, and is accepted and unaccounted if it is
in none. A file without a report is no row yet; those of its rows that a killed run wrote are found by their ids.

Lines that other producers put straight onto the stream have no id. They are accepted as well, each line once, and
quarantined or failed by line; here a line that Firehose backs up twice cannot be told from two.

What the counts cannot see, or what may surprise, is told in notes: records still in the stream's buffers, which no zone
has yet; dead-letter messages that somebody else is reading; events that are not in the raw zone, because its delivery
lags behind by a minute, or because they are older than the contract's retention.

Reasons for the sets: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html (at least once), and the retry
of a PutRecordBatch whose answer was lost, which can store an event and send it to the dead-letter queue as well.
"""
