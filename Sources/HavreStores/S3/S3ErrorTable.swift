import HavreModel

/// What S3's error codes mean for whoever asked (Amazon S3 API, "Error responses", and what others add to it).
struct S3ErrorTable {
    /// What an answer without success says of itself.
    struct Answer {
        var status: Int
        /// Empty where the answer has no body, as to HEAD.
        var code: String
        var message: String
        var retryAfter: Double?
        /// Host of a `Location` header.
        var location: String?
        /// The region that the store names as the bucket's.
        var region: String?
    }

    /// What was asked, as far as it matters here.
    struct Context {
        var bucket: String
        var endpoint: String
        var key: ObjectKey?
        var isWrite: Bool
        var isRead = false
        /// Whether a condition went out.
        var isConditional = false
    }

    /// The error for an answer.
    static func error(_ answer: Answer, _ context: Context) -> StoreError {
        let (code, words) = judge(answer, context)
        var text = words
        if !answer.code.isEmpty { text += "; the store says \(answer.code)" }
        if !answer.message.isEmpty { text += ": \(answer.message)" }
        return StoreError(
            code, text, key: context.key, status: answer.status,
            retryAfter: answer.retryAfter)
    }

    /// Whether the table has words for the code that a store refused by.
    static func knows(_ error: (any Error)?) -> Bool {
        guard let refusal = error as? S3Refusal else { return false }
        let answer = Answer(status: 200, code: refusal.code, message: "")
        return byName(answer, Context(bucket: "", endpoint: "", isWrite: true)) != nil
    }

    private static func judge(_ answer: Answer, _ context: Context) -> (StoreError.Code, String) {
        if let named = byName(answer, context) { return named }
        let at = "\(context.endpoint)"
        switch answer.status {
        case 304: return (context.isRead ? .drifted : .protocolViolation, "\(at) says that nothing was modified")
        case 300..<400: return redirected(answer, context)
        case 401, 403: return (.denied, "\(at) refuses these credentials for bucket \(context.bucket)")
        case 404, 410: return (.notFound, "nothing is found in bucket \(context.bucket) at \(at)")
        case 408: return (.temporary, "\(at) waited too long for the request")
        case 409: return (.temporary, "\(at) reports a conflict with another request")
        case 411, 413, 414, 431: return (.refused, "\(at) does not take a request of that size")
        case 412: return StoreError.ofCondition(isRead: context.isRead)
        case 416: return (.drifted, "the object is shorter than the range asked for")
        case 429: return (.throttled, "\(at) asks to go slower")
        case 500, 502, 504, 520...527:
            return StoreError.ofFault(isWrite: context.isWrite, "\(at) reports a fault of its own")
        case 501, 505: return (.refused, "\(at) does not offer what was asked")
        case 503, 509: return (.throttled, "\(at) is too busy")
        case 507: return (.refused, "\(at) has no space left")
        case 500...: return StoreError.ofFault(isWrite: context.isWrite, "\(at) reports a fault of its own")
        default: return (.refused, "\(at) does not accept the request")
        }
    }

    private static func byName(_ answer: Answer, _ context: Context) -> (StoreError.Code, String)? {
        let at = context.endpoint
        switch answer.code {
        case "SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests", "Throttling", "ThrottlingException",
            "RequestLimitExceeded", "BandwidthLimitExceeded", "ServiceUnavailable", "ServerBusy", "Busy",
            "RequestThrottled", "TooManyRequestsException", "ProvisionedThroughputExceededException":
            return (.throttled, "\(at) asks to go slower")
        case "InternalError", "InternalServerError", "ServiceFailure":
            return StoreError.ofFault(isWrite: context.isWrite, "\(at) reports a fault of its own")
        case "RequestTimeout", "RequestTimeoutException", "IncompleteBody":
            return (.temporary, "\(at) did not get the whole request in time")
        case "OperationAborted":
            return (.temporary, "\(at) is busy with a conflicting request")
        case "RequestTimeTooSkewed", "RequestExpired":
            return (.denied, "the clocks of this machine and of \(at) differ too much; set this machine's clock")
        case "ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException":
            return (.denied, "the session token has expired; renew it where it comes from")
        case "InvalidToken": return (.denied, "\(at) does not know the session token")
        case "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException":
            return (.denied, "\(at) does not know the access key id; does it belong to this endpoint?")
        case "SignatureDoesNotMatch", "InvalidSignature":
            return (
                .denied, "\(at) finds the signature wrong; is the secret key the right one, and the region in the plan?"
            )
        case "AuthorizationHeaderMalformed", "InvalidRegion", "IllegalLocationConstraintException":
            let region = answer.region.map { ", \($0)," } ?? ""
            return (.denied, "\(at) expects another region\(region) in the signature; correct the region in the plan")
        case "AccessDenied", "AllAccessDisabled", "AccountProblem", "InvalidPayer", "InvalidSecurity", "NotSignedUp",
            "MissingAuthenticationToken", "AccessForbidden":
            return (.denied, "these credentials do not reach that far at bucket \(context.bucket) of \(at)")
        case "InvalidObjectState":
            return (.refused, "the object lies in an archive tier and must be restored before it can be read")
        case "NoSuchKey", "NoSuchVersion": return (.notFound, "there is no such object in bucket \(context.bucket)")
        case "NoSuchBucket": return (.notFound, "there is no bucket \(context.bucket) at \(at)")
        case "NoSuchUpload": return (.noSuchUpload, "the upload is gone: completed, aborted or expired")
        case "InvalidPart", "InvalidPartOrder":
            return (.refused, "the store does not hold the parts as they are said to have been sent")
        case "EntityTooSmall": return (.refused, "a part is smaller than the store allows")
        case "PreconditionFailed", "ConditionNotMet": return StoreError.ofCondition(isRead: context.isRead)
        case "ConditionalRequestConflict":
            return (.conditionFailed, "another writer was at the same key at the same time")
        case "NotModified": return (.drifted, "the object is not what was pinned")
        case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
            "ContentSHA256Mismatch", "ChecksumMismatch", "InvalidChecksum":
            return (.checksumRefused, "\(at) says that the bytes are not those of the checksum sent")
        case "EntityTooLarge", "MaxMessageLengthExceeded":
            return (.refused, "the object or part is larger than \(at) takes at once")
        case "KeyTooLongError", "KeyTooLong": return (.refused, "the key is longer than \(at) allows")
        case "MetadataTooLarge": return (.refused, "the user metadata are more than \(at) keeps")
        case "InvalidTag", "InvalidTagError", "BadRequestInvalidTag":
            return (.refused, "\(at) does not take these tags")
        case "TemporaryRedirect", "PermanentRedirect", "Redirect": return redirected(answer, context)
        case "InvalidRange": return (.drifted, "the object is shorter than the range asked for")
        case "NotImplemented": return (.refused, "\(at) does not offer what was asked")
        case "MethodNotAllowed": return (.refused, "\(at) does not allow this on what is there")
        case "QuotaExceeded", "InsufficientCapacity", "StorageFull", "XMinioStorageFull", "InsufficientStorage":
            return (.refused, "\(at) has no space left for this account")
        case "InvalidBucketName": return (.refused, "\(context.bucket) is no name that \(at) takes for a bucket")
        case "InvalidURI", "InvalidArgument", "InvalidRequest", "MalformedXML", "XMinioInvalidObjectName",
            "InvalidObjectName", "InvalidLocation":
            return (.refused, "\(at) does not accept the request")
        default: return nil
        }
    }

    private static func redirected(_ answer: Answer, _ context: Context) -> (StoreError.Code, String) {
        let target = answer.location.map { " to \($0)" } ?? ""
        let region = answer.region.map { ", and says that bucket \(context.bucket) lies in region \($0)" } ?? ""
        return (
            .redirected,
            "\(context.endpoint) redirects\(target)\(region); a redirect is never followed, since the plan was judged "
                + "for this host: correct endpoint and region in the plan, and have it judged again"
        )
    }

    /// Seconds of a `Retry-After` header: a number or an HTTP date (RFC 9110, section 10.2.3); bounded by an hour.
    static func retryAfter(_ text: String?, now: Int64) -> Double? {
        guard let text else { return nil }
        let seconds = Double(text) ?? Timestamp.seconds(http: text).map { Double($0 - now) }
        guard let seconds, seconds.isFinite else { return nil }
        return min(max(0, seconds), 3_600)
    }
}
