"""Types of resources that no rule looks at, and why."""

from collections.abc import Mapping

_SETTING = "A setting of another resource, whose rules look at it."
_NAME = "Puts things together; what it may do stands in a policy."

WITHOUT_RULES: Mapping[str, str] = {
    "aws:apigateway/account:Account": "The role that API Gateway logs with; rules look at the role.",
    "aws:apigateway/apiKey:ApiKey": "AWS makes the value, which is a secret output of the stack.",
    "aws:apigateway/deployment:Deployment": "A snapshot of the API, whose rules look at the definition.",
    "aws:apigateway/usagePlan:UsagePlan": "Limits what a key may ask for; it opens nothing.",
    "aws:apigateway/usagePlanKey:UsagePlanKey": _NAME,
    "aws:athena/namedQuery:NamedQuery": "The text of a query; who runs it needs rights of their own.",
    "aws:budgets/budget:Budget": "Tells of costs by mail; it holds no data and may do nothing.",
    "aws:cloudformation/stack:Stack": "Holds a dashboard's definition and no data. CloudFormation.3 asks for "
    "termination protection, for which the provider has no input; Pulumi makes the dashboard anew.",
    "aws:cloudwatch/dashboard:Dashboard": "Shows numbers to those who may read metrics.",
    "aws:cloudwatch/eventTarget:EventTarget": _NAME,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "Counts lines of a log group, whose rules look at it.",
    "aws:cloudwatch/logStream:LogStream": "A part of a log group, whose rules look at it.",
    "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment": _NAME,
    "aws:ec2/eip:Eip": "The address of the NAT gateway, at which nothing listens.",
    "aws:ec2/flowLog:FlowLog": "A setting of a VPC, whose rules look at it.",
    "aws:ec2/internetGateway:InternetGateway": "The NAT gateway's way out; security groups decide who comes in.",
    "aws:ec2/natGateway:NatGateway": "A way out for private subnets; nothing comes in by it.",
    "aws:ec2/route:Route": "Where packets go; security groups decide which.",
    "aws:ec2/routeTable:RouteTable": "Where packets go; security groups decide which.",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _NAME,
    "aws:ec2/vpcEndpoint:VpcEndpoint": "A way to S3; roles and buckets have the policies.",
    "aws:efs/mountTarget:MountTarget": "EFS.6 asks for a subnet without public addresses: the rules look at subnets.",
    "aws:glue/connection:Connection": "Names a subnet and a security group for jobs; it has no credentials.",
    "aws:glue/catalogDatabase:CatalogDatabase": "Names of tables and columns, which the account's settings encrypt.",
    "aws:glue/catalogTable:CatalogTable": "Names of columns; the data lies in buckets, whose rules look at them.",
    "aws:lambda/invocation:Invocation": "A call of a function at a deployment; rules look at the function.",
    "aws:quicksight/dataSet:DataSet": "A copy of what a data source answers, whose rules look at it; QuickSight "
    "encrypts what SPICE keeps, and it is shared with nobody.",
    "aws:quicksight/group:Group": "A name for people, whom an administrator of QuickSight adds.",
    "aws:quicksight/refreshSchedule:RefreshSchedule": "When a data set is imported anew.",
    "aws:quicksight/theme:Theme": "Colours.",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _SETTING,
    "aws:s3/bucketLogging:BucketLogging": _SETTING,
    "aws:s3/bucketNotification:BucketNotification": "Tells EventBridge of new objects, within the account.",
    "aws:s3/bucketObjectv2:BucketObjectv2": "Code and contracts; the bucket's rules look at how they are kept.",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _SETTING,
    "aws:s3/bucketVersioning:BucketVersioning": _SETTING,
    "aws:scheduler/schedule:Schedule": "Calls one function with a role; rules look at the role.",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "A name for schedules.",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "What goes out; services of AWS, directories and "
    "databases have no address ranges of their own, and FSBP no control for it.",
    "aws:wafv2/webAclAssociation:WebAclAssociation": _NAME,
}
