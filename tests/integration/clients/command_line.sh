# The aws command line against the stack; prints what it answers as one JSON object.
set -euo pipefail

aws sts get-caller-identity >identity.json

mkdir -p files/deep
printf 'a line\n' >files/line.txt
head -c 9000000 /dev/urandom >files/deep/nine-megabytes
aws s3 cp files/line.txt "s3://$BUCKET/copied/line.txt" --only-show-errors
aws s3 sync files "s3://$BUCKET/synced" --only-show-errors
aws s3 ls "s3://$BUCKET/synced/" --recursive >listed.txt
aws s3 sync "s3://$BUCKET/synced" back --only-show-errors
diff -r files back
aws s3 cp "s3://$BUCKET/copied/line.txt" - >read.txt
aws s3 rm "s3://$BUCKET/synced" --recursive --only-show-errors
aws s3api list-objects-v2 --bucket "$BUCKET" --prefix synced >emptied.json
# Version 1 of the command line signs links in the old way, which S3 takes for no new bucket, unless it is told not to.
AWS_CONFIG_FILE=$PWD/config aws configure set default.s3.signature_version s3v4
link=$(AWS_CONFIG_FILE=$PWD/config aws s3 presign "s3://$BUCKET/copied/line.txt")
python -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())' "$link" >linked.txt

query_id=$(aws athena start-query-execution \
  --work-group "$WORKGROUP" --query-execution-context "Database=$DATABASE" \
  --query-string "SELECT event_id, quantity FROM orders WHERE restaurantid = 'rest789' ORDER BY event_id" \
  --query QueryExecutionId --output text)
until aws athena get-query-execution --query-execution-id "$query_id" \
  --query QueryExecution.Status.State --output text | grep -Eq 'SUCCEEDED|FAILED|CANCELLED'; do :; done
aws athena get-query-results --query-execution-id "$query_id" \
  --query 'ResultSet.Rows[1:].Data[].VarCharValue' >rows.json
aws athena list-data-catalogs >catalogs.json

aws glue get-tables --database-name "$DATABASE" --query 'TableList[].Name' >tables.json
aws glue get-table --database-name "$DATABASE" --name orders_processed >table.json
aws glue get-job-runs --job-name "$JOB" --query 'JobRuns[].JobRunState' >runs.json

aws firehose put-record --delivery-stream-name "$STREAM" \
  --record '{"Data": "{\"id\": \"clients\", \"body\": 1}\n"}' >put.json

aws apigateway get-rest-apis >apis.json
function=$(aws lambda list-functions --query "Functions[?contains(FunctionName, 'ingest')] | [0].FunctionName" --output text)
aws lambda invoke --function-name "$function" --log-type Tail \
  --payload "{\"resource\": \"/events\", \"requestContext\": {\"extendedRequestId\": \"clients\"}, \"isBase64Encoded\": false, \"body\": \"{}\"}" \
  answer.json >invocation.json
group=$(aws lambda get-function-configuration --function-name "$function" --query LoggingConfig.LogGroup --output text)
aws logs filter-log-events --log-group-name "$group" --query 'events[].message' >log.json

aws cloudwatch put-metric-alarm --alarm-name clients --namespace Clients --metric-name Trials --statistic Sum \
  --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
aws cloudwatch set-alarm-state --alarm-name clients --state-value ALARM --state-reason "trying the mail"
aws cloudwatch describe-alarm-history --alarm-name clients >history.json
aws cloudwatch delete-alarms --alarm-names clients

# For SQS, and for no other service here, version 1 of the command line does not read AWS_ENDPOINT_URL.
aws sqs send-message --endpoint-url "$AWS_ENDPOINT_URL" --queue-url "$DEAD_LETTER_QUEUE_URL" --message-body clients >sent.json
aws sqs receive-message --endpoint-url "$AWS_ENDPOINT_URL" --queue-url "$DEAD_LETTER_QUEUE_URL" >received.json
handle=$(python -c 'import json; print(json.load(open("received.json"))["Messages"][0]["ReceiptHandle"])')
aws sqs delete-message --endpoint-url "$AWS_ENDPOINT_URL" --queue-url "$DEAD_LETTER_QUEUE_URL" --receipt-handle "$handle"

python - <<'PYTHON'
import json
from pathlib import Path

found = {path.stem: json.loads(path.read_text() or "{}") for path in Path().glob("*.json")}
found |= {path.stem: path.read_text() for path in Path().glob("*.txt")}
print(json.dumps(found))
PYTHON
