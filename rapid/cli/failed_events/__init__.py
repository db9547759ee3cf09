"""`rapid errors`: the events that were accepted and did not reach their table; looked at, mended, and sent again.

They lie in one of these places:

    quarantine          the transform found that the event breaks its contract; one object each
    failed transform    the transform failed on the record that the event was packed in   (Firehose's error prefix)
    failed conversion   the record could not be converted to Parquet                      (Firehose's error prefix)
    queue               no stream took the record                                         (the dead-letter queue)
    file                a row of a file, or of a database export, breaks its contract; a line in quarantine

A replay puts the event onto its source's stream again, in an envelope with the same id. So the event goes the way of
every other, is checked by the contract that is deployed now, and is the same event to whatever counts or
deduplicates.

Nothing is noted down about a replay. An event is open as long as the processed table does not have its id, which is
how `rapid counts` sees it. So objects in quarantine and under the error prefix stay where they are until they expire;
should the replay fail, the transform writes the same object into quarantine again, for its key is derived from the
id. A message leaves the queue after the stream has taken its events. Whenever a replay is killed, the next one sees
what is still open; what it sends twice has one id, and is one event.
"""
