"""What the AWS provider does with a changed property, by its schema: which it updates in place, which force a new one.

`ForceNew` in https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service, one file a resource type.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schema:
    """The properties of one resource type, and the file that says so."""

    source: str
    updated: str
    forcing: str = ""


SCHEMAS = {
    "aws:apigateway/account:Account": Schema("apigateway/account.go", "cloudwatchRoleArn"),
    "aws:apigateway/apiKey:ApiKey": Schema("apigateway/api_key.go", "description enabled tags", "name value"),
    "aws:apigateway/deployment:Deployment": Schema("apigateway/deployment.go", "", "restApi triggers variables"),
    "aws:apigateway/methodSettings:MethodSettings": Schema(
        "apigateway/method_settings.go", "settings", "methodPath restApi stageName"
    ),
    "aws:apigateway/restApi:RestApi": Schema(
        "apigateway/rest_api.go", "body description endpointConfiguration failOnWarnings name parameters tags"
    ),
    "aws:apigateway/stage:Stage": Schema(
        "apigateway/stage.go",
        "accessLogSettings deployment tags",
        "restApi stageName",
    ),
    "aws:apigateway/usagePlan:UsagePlan": Schema(
        "apigateway/usage_plan.go", "apiStages description name quotaSettings tags"
    ),
    "aws:apigateway/usagePlanKey:UsagePlanKey": Schema("apigateway/usage_plan_key.go", "", "keyId keyType usagePlanId"),
    "aws:cloudfront/distribution:Distribution": Schema(
        "cloudfront/distribution.go",
        "aliases comment customErrorResponses defaultCacheBehavior defaultRootObject enabled httpVersion isIpv6Enabled "
        "orderedCacheBehaviors origins priceClass restrictions retainOnDelete tags viewerCertificate "
        "waitForDeployment webAclId",
        "staging",
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Schema(
        "cloudfront/origin_access_control.go",
        "description name originAccessControlOriginType signingBehavior signingProtocol",
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Schema(
        "cloudfront/response_headers_policy.go",
        "comment corsConfig customHeadersConfig name removeHeadersConfig securityHeadersConfig "
        "serverTimingHeadersConfig",
    ),
    "aws:cloudwatch/eventRule:EventRule": Schema(
        "events/rule.go",
        "description eventPattern forceDestroy state tags",
        "eventBusName name namePrefix",
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Schema(
        "events/target.go",
        "arn forceDestroy",
        "eventBusName rule targetId",
    ),
    "aws:cognito/identityPool:IdentityPool": Schema(
        "cognitoidentity/pool.go",
        "allowClassicFlow allowUnauthenticatedIdentities tags",
        "developerProviderName identityPoolName",
    ),
    "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment": Schema(
        "cognitoidentity/pool_roles_attachment.go", "roles", "identityPoolId"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Schema("ec2/vpc_default_security_group.go", "tags", "vpcId"),
    "aws:ec2/eip:Eip": Schema("ec2/ec2_eip.go", "tags", "domain"),
    "aws:ec2/flowLog:FlowLog": Schema(
        "ec2/vpc_flow_log.go", "tags", "iamRoleArn logDestination logDestinationType trafficType vpcId"
    ),
    "aws:ec2/internetGateway:InternetGateway": Schema("ec2/vpc_internet_gateway.go", "tags"),
    "aws:ec2/natGateway:NatGateway": Schema("ec2/vpc_nat_gateway.go", "tags", "allocationId connectivityType subnetId"),
    "aws:ec2/route:Route": Schema("ec2/vpc_route.go", "gatewayId natGatewayId", "destinationCidrBlock routeTableId"),
    "aws:ec2/routeTable:RouteTable": Schema("ec2/vpc_route_table.go", "tags", "vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Schema(
        "ec2/vpc_route_table_association.go", "", "gatewayId subnetId"
    ),
    "aws:ec2/securityGroup:SecurityGroup": Schema("ec2/vpc_security_group.go", "tags", "description name vpcId"),
    "aws:ec2/subnet:Subnet": Schema(
        "ec2/vpc_subnet.go", "mapPublicIpOnLaunch tags", "availabilityZone cidrBlock vpcId"
    ),
    "aws:ec2/vpc:Vpc": Schema("ec2/vpc_.go", "enableDnsHostnames enableDnsSupport tags", "cidrBlock"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Schema("ec2/vpc_endpoint.go", "tags", "serviceName vpcEndpointType vpcId"),
    "aws:efs/accessPoint:AccessPoint": Schema("efs/access_point.go", "tags", "fileSystemId posixUser rootDirectory"),
    "aws:efs/fileSystem:FileSystem": Schema(
        "efs/file_system.go", "tags", "availabilityZoneName creationToken encrypted kmsKeyId performanceMode"
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Schema("efs/file_system_policy.go", "policy", "fileSystemId"),
    "aws:efs/mountTarget:MountTarget": Schema(
        "efs/mount_target.go", "securityGroups", "fileSystemId ipAddress subnetId"
    ),
    "aws:glue/connection:Connection": Schema(
        "glue/connection.go",
        "connectionProperties connectionType description matchCriterias physicalConnectionRequirements tags",
        "catalogId name",
    ),
    "aws:kms/key:Key": Schema(
        "kms/key.go",
        "deletionWindowInDays description enableKeyRotation policy tags",
        "customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId",
    ),
    "aws:s3/bucketNotification:BucketNotification": Schema("s3/bucket_notification.go", "eventbridge", "bucket"),
    "aws:scheduler/schedule:Schedule": Schema(
        "scheduler/schedule.go",
        "actionAfterCompletion description flexibleTimeWindow scheduleExpression state target",
        "groupName name namePrefix",
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Schema("scheduler/schedule_group.go", "tags", "name namePrefix"),
    "aws:athena/namedQuery:NamedQuery": Schema(
        "athena/named_query.go", "", "database description name query workgroup"
    ),
    "aws:athena/workgroup:Workgroup": Schema(
        "athena/workgroup.go", "configuration description forceDestroy tags", "name"
    ),
    "aws:cloudformation/stack:Stack": Schema(
        "cloudformation/stack.go",
        "capabilities iamRoleArn parameters tags templateBody",
        "disableRollback name onFailure timeoutInMinutes",
    ),
    "aws:cloudwatch/logGroup:LogGroup": Schema(
        "logs/group.go", "retentionInDays tags", "logGroupClass name namePrefix"
    ),
    "aws:budgets/budget:Budget": Schema(
        "budgets/budget.go",
        "autoAdjustData budgetType costFilters costTypes limitAmount limitUnit notifications tags timePeriodEnd "
        "timePeriodStart timeUnit",
        "accountId name namePrefix",
    ),
    "aws:cloudwatch/dashboard:Dashboard": Schema("cloudwatch/dashboard.go", "dashboardBody", "dashboardName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Schema(
        "cloudwatch/metric_alarm.go",
        "actionsEnabled alarmActions alarmDescription comparisonOperator datapointsToAlarm dimensions "
        "evaluateLowSampleCountPercentiles evaluationPeriods extendedStatistic insufficientDataActions metricName "
        "metricQueries namespace okActions period statistic tags threshold thresholdMetricId treatMissingData unit "
        "warmUpConfiguration",
        "name",
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Schema(
        "logs/metric_filter.go", "metricTransformation pattern", "logGroupName name"
    ),
    "aws:cloudwatch/logStream:LogStream": Schema("logs/stream.go", "", "logGroupName name"),
    "aws:glue/catalogDatabase:CatalogDatabase": Schema(
        "glue/catalog_database.go", "description locationUri parameters tags", "name"
    ),
    "aws:glue/catalogTable:CatalogTable": Schema(
        "glue/catalog_table.go",
        "description owner parameters partitionKeys retention storageDescriptor tableType viewExpandedText "
        "viewOriginalText",
        "databaseName name",
    ),
    "aws:glue/job:Job": Schema(
        "glue/job.go",
        "command connections defaultArguments description executionClass executionProperty glueVersion maxRetries "
        "numberOfWorkers roleArn securityConfiguration tags timeout workerType",
        "name",
    ),
    "aws:iam/role:Role": Schema(
        "iam/role.go",
        "assumeRolePolicy description maxSessionDuration tags",
        "name namePrefix path",
    ),
    "aws:iam/rolePolicy:RolePolicy": Schema("iam/role_policy.go", "policy", "name namePrefix role"),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Schema(
        "firehose/delivery_stream.go",
        "extendedS3Configuration serverSideEncryption tags",
        "destination kinesisSourceConfiguration name",
    ),
    "aws:kinesis/stream:Stream": Schema(
        "kinesis/stream.go",
        "encryptionType enforceConsumerDeletion kmsKeyId maxRecordSizeInKib retentionPeriod shardCount "
        "streamModeDetails tags",
        "name",
    ),
    "aws:lambda/function:Function": Schema(
        "lambda/function.go",
        "architectures code description environment fileSystemConfig handler loggingConfig memorySize role runtime "
        "tags timeout vpcConfig",
        "name packageType",
    ),
    "aws:lambda/invocation:Invocation": Schema("lambda/invocation.go", "", "functionName input qualifier triggers"),
    "aws:lambda/permission:Permission": Schema(
        "lambda/permission.go", "", "action function principal qualifier sourceAccount sourceArn statementId"
    ),
    "aws:quicksight/dataSet:DataSet": Schema(
        "quicksight/data_set.go",
        "importMode name physicalTableMaps refreshProperties rowLevelPermissionDataSet tags",
        "awsAccountId dataSetId useAs",
    ),
    "aws:quicksight/dataSource:DataSource": Schema(
        "quicksight/data_source.go",
        "credentials name parameters sslProperties tags",
        "awsAccountId dataSourceId type",
    ),
    "aws:quicksight/group:Group": Schema("quicksight/group.go", "description", "awsAccountId groupName namespace"),
    "aws:quicksight/refreshSchedule:RefreshSchedule": Schema(
        "quicksight/refresh_schedule.go", "schedule", "awsAccountId dataSetId scheduleId"
    ),
    "aws:quicksight/theme:Theme": Schema(
        "quicksight/theme.go", "baseThemeId configuration name tags versionDescription", "awsAccountId themeId"
    ),
    "aws:s3/bucket:Bucket": Schema("s3/bucket.go", "forceDestroy tags", "bucket bucketPrefix objectLockEnabled"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Schema(
        "s3/bucket_lifecycle_configuration.go", "rules", "bucket expectedBucketOwner"
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Schema(
        "s3/object.go", "cacheControl content contentType etag metadata source sourceHash storageClass", "bucket key"
    ),
    "aws:s3/bucketLogging:BucketLogging": Schema(
        "s3/bucket_logging.go",
        "targetBucket targetGrants targetObjectKeyFormat targetPrefix",
        "bucket expectedBucketOwner",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Schema("s3/bucket_policy.go", "policy", "bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Schema(
        "s3/bucket_public_access_block.go",
        "blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets",
        "bucket",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Schema(
        "s3/bucket_server_side_encryption_configuration.go", "rules", "bucket expectedBucketOwner"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Schema(
        "s3/bucket_versioning.go", "versioningConfiguration", "bucket expectedBucketOwner"
    ),
    "aws:secretsmanager/secret:Secret": Schema(
        "secretsmanager/secret.go", "description recoveryWindowInDays tags", "name namePrefix"
    ),
    "aws:sns/topic:Topic": Schema(
        "sns/topic.go",
        "displayName kmsMasterKeyId policy signatureVersion tags tracingConfig",
        "fifoTopic name namePrefix",
    ),
    "aws:sns/topicPolicy:TopicPolicy": Schema("sns/topic_policy.go", "policy", "arn"),
    "aws:sns/topicSubscription:TopicSubscription": Schema(
        "sns/topic_subscription.go",
        "confirmationTimeoutInMinutes endpointAutoConfirms",
        "endpoint protocol topic",
    ),
    "aws:sqs/queue:Queue": Schema(
        "sqs/queue.go",
        "delaySeconds kmsMasterKeyId maxMessageSize messageRetentionSeconds policy receiveWaitTimeSeconds "
        "redrivePolicy sqsManagedSseEnabled tags visibilityTimeoutSeconds",
        "name namePrefix",
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Schema("sqs/queue_policy.go", "policy", "queueUrl"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Schema(
        "ec2/vpc_security_group_egress_rule.go", "tags", "securityGroupId"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Schema(
        "ec2/vpc_security_group_ingress_rule.go", "tags", "securityGroupId"
    ),
    "aws:wafv2/webAcl:WebAcl": Schema(
        "wafv2/web_acl.go", "defaultAction description rules tags visibilityConfig", "name namePrefix scope"
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Schema(
        "wafv2/web_acl_association.go", "", "resourceArn webAclArn"
    ),
}
