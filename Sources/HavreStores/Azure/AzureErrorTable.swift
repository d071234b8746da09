import HavreModel

/// What Azure's error codes mean for whoever asked (Microsoft's REST reference, "Blob Storage error codes" and "Common
/// REST API error codes").
struct AzureErrorTable {
    /// What an answer without success says of itself.
    struct Answer {
        var status: Int
        /// Empty where the answer names none.
        var code: String
        var message: String
        var retryAfter: Double?
    }

    /// What was asked, as far as it matters here.
    struct Context {
        var container: String
        var account: String
        var endpoint: String
        var key: ObjectKey?
        var isWrite: Bool
        var isRead: Bool
    }

    /// The error for an answer.
    static func error(_ answer: Answer, _ context: Context) -> StoreError {
        let (code, words) = judge(answer, context)
        var text = words
        if !answer.code.isEmpty { text += "; the store says \(answer.code)" }
        if !answer.message.isEmpty { text += ": \(answer.message)" }
        return StoreError(code, text, key: context.key, status: answer.status, retryAfter: answer.retryAfter)
    }

    private static func judge(_ answer: Answer, _ context: Context) -> (StoreError.Code, String) {
        if let named = byName(answer.code, context) { return named }
        let at = context.endpoint
        switch answer.status {
        case 304: return (context.isRead ? .drifted : .protocolViolation, "\(at) says that nothing was modified")
        case 300..<400:
            return (
                .redirected,
                "\(at) redirects; a redirect is never followed, since the plan was judged for this host: correct the "
                    + "endpoint in the plan, and have it judged again"
            )
        case 401, 403: return (.denied, "\(at) refuses these credentials for container \(context.container)")
        case 404, 410: return (.notFound, "nothing is found in container \(context.container) at \(at)")
        case 408: return (.temporary, "\(at) waited too long for the request")
        case 409: return (.refused, "\(at) reports a conflict with what is there")
        case 411, 413, 414, 431: return (.refused, "\(at) does not take a request of that size")
        case 412: return StoreError.ofCondition(isRead: context.isRead)
        case 416: return (.drifted, "the object is shorter than the range asked for")
        case 429, 503: return (.throttled, "\(at) asks to go slower")
        case 501, 505: return (.refused, "\(at) does not offer what was asked")
        case 500...: return StoreError.ofFault(isWrite: context.isWrite, "\(at) reports a fault of its own")
        default: return (.refused, "\(at) does not accept the request")
        }
    }

    private static func byName(_ code: String, _ context: Context) -> (StoreError.Code, String)? {
        let at = context.endpoint
        switch code {
        case "ServerBusy", "AccountThrottled", "TooManyRequests", "IngressBandwidthLimitExceeded",
            "OperationsPerSecondLimitExceeded":
            return (.throttled, "\(at) asks to go slower")
        case "OperationTimedOut":
            // A partition's way to shed load; a write may have been carried out all the same.
            return context.isWrite
                ? StoreError.ofFault(isWrite: context.isWrite, "\(at) did not finish in time")
                : (.throttled, "\(at) did not finish in time")
        case "InternalError": return StoreError.ofFault(isWrite: context.isWrite, "\(at) reports a fault of its own")
        case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation":
            return (
                .denied,
                "\(at) does not take these credentials: are key, signature or token right and still good, and is this "
                    + "machine's clock?"
            )
        case "AuthorizationFailure", "InsufficientAccountPermissions", "AuthorizationPermissionMismatch",
            "AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch", "AuthorizationSourceIPMismatch",
            "AuthorizationProtocolMismatch", "AccountIsDisabled", "KeyBasedAuthenticationNotPermitted",
            "PublicAccessNotPermitted", "UnauthorizedBlobOverwrite":
            return (.denied, "these credentials do not reach that far at container \(context.container) of \(at)")
        case "ContainerNotFound",
            "ResourceNotFound" where context.key == nil:
            return (.notFound, "there is no container \(context.container) in account \(context.account) at \(at)")
        case "ContainerBeingDeleted", "ContainerDisabled":
            return (.refused, "container \(context.container) is being deleted or is disabled")
        case "BlobNotFound", "ResourceNotFound":
            return (.notFound, "there is no such object in container \(context.container)")
        case "BlobArchived":
            return (.archived, "the object lies in the archive tier and must be rehydrated before it can be read")
        case "BlobBeingRehydrated":
            return (.archived, "the object is being rehydrated from the archive tier; that takes up to 15 hours")
        case "BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet", "AppendPositionConditionNotMet":
            return StoreError.ofCondition(isRead: context.isRead)
        case "BlobImmutableDueToPolicy":
            return (
                .refused,
                "an immutability policy or a legal hold keeps the object as it is; whoever is in charge of it must lift "
                    + "it first"
            )
        case "BlobImmutableDueToLegalHold":
            return (.refused, "a legal hold keeps the object as it is; whoever is in charge of it must lift it first")
        case "LeaseIdMissing", "LeaseIdMismatchWithBlobOperation", "LeaseIdMismatchWithLeaseOperation", "LeaseLost",
            "LeaseAlreadyPresent", "LeaseNotPresentWithBlobOperation":
            return (.refused, "somebody holds a lease on the object, which keeps others from writing to it")
        case "SnapshotsPresent":
            return (.refused, "the object has snapshots, which would have to go with it; that is not done unasked")
        case "BlobOverwritten", "InvalidBlobType", "IncorrectBlobType":
            return (.refused, "what is there is another kind of blob than the request is for")
        case "BlobUsesCustomerSpecifiedEncryption":
            return (.refused, "the object is encrypted under a customer's key, which the plan does not give")
        case "InvalidBlobOrBlock":
            return (
                .refused,
                "the blob that is there was joined from blocks with names of another length, beside which Azure takes no "
                    + "others; it must be deleted first"
            )
        case "InvalidBlockList", "InvalidBlockId":
            return (.refused, "the store does not hold the parts as they are said to have been sent")
        case "BlockCountExceedsLimit", "BlockListTooLong":
            return (.refused, "the upload has more parts than \(at) takes")
        case "Md5Mismatch", "Crc64Mismatch", "InvalidMd5", "InvalidCrc64":
            return (.checksumRefused, "\(at) says that the bytes are not those of the checksum sent")
        case "RequestBodyTooLarge", "MaxBlobSizeConditionNotMet", "BlobTooLarge":
            return (.refused, "the object or part is larger than \(at) takes at once")
        case "MetadataTooLarge", "InvalidMetadata", "EmptyMetadataKey":
            return (.refused, "\(at) does not keep these user metadata")
        case "InvalidTags", "TagsTooLarge": return (.refused, "\(at) does not take these tags")
        case "InvalidRange": return (.drifted, "the object is shorter than the range asked for")
        case "PendingCopyOperation", "SystemInUse":
            return (.temporary, "\(at) is busy with another operation on the object")
        case "AccountBeingCreated": return (.temporary, "account \(context.account) is still being created")
        case "FeatureVersionMismatch", "UnsupportedHeader", "UnsupportedQueryParameter", "FeatureNotSupported",
            "BlobTypeNotSupported", "UnsupportedHttpVerb":
            return (.refused, "\(at) does not offer what was asked")
        default: return nil
        }
    }
}
