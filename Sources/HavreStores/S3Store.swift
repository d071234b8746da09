public import HavreModel

/// A bucket behind Amazon's S3 protocol, as AWS and many others speak it.
///
/// What servers differ in follows from `traits`. Every answer is compared with what was asked;
/// conditions and checksums go out where the traits say that the store honours them.
public struct S3Store: ObjectStore {
    /// Where the bucket is and how it is reached.
    public struct Configuration: Sendable {
        /// Where the service answers.
        public var endpoint: Endpoint
        /// The region in the signature.
        public var region: String
        /// The bucket.
        public var bucket: String
        /// How the bucket appears in URLs.
        public var addressing: ProviderEntry.Addressing
        /// Who asks.
        public var credentials: S3CredentialSource
        /// Seconds since 1970 UTC, for signatures.
        public var clock: @Sendable () -> Int64

        /// Names a bucket.
        public init(
            endpoint: Endpoint, region: String, bucket: String, addressing: ProviderEntry.Addressing = .path,
            credentials: S3CredentialSource, clock: @escaping @Sendable () -> Int64 = { Timestamp.now() }
        ) {
            self.endpoint = endpoint
            self.region = region
            self.bucket = bucket
            self.addressing = addressing
            self.credentials = credentials
            self.clock = clock
        }
    }

    public let traits: StoreTraits
    let channel: S3Channel

    /// Speaks to a bucket through `client`. Nothing is sent yet.
    /// Throws `.refused` where the bucket's name is none.
    public init(configuration: Configuration, client: HTTPClient, traits: StoreTraits) throws(StoreError) {
        self.traits = traits
        channel = try S3Channel(configuration, client: client)
    }

    // MARK: Looking

    public func listing(prefix: ObjectKey) -> any ObjectListing { S3Listing(channel, prefix: prefix) }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        var call = S3Channel.Call(.head, key)
        if let versionID { call.query.add("versionId", versionID.utf8) }
        call.isRead = true
        let response = try await channel.send(call)
        var head = S3Metadata.head(response.head, size: try size(response.head, key))
        if withTags && traits.keepsTags { head.metadata.tags = try await tags(of: key, versionID: versionID) }
        return head
    }

    private func size(_ head: ResponseHead, _ key: ObjectKey) throws(StoreError) -> UInt64 {
        guard let size = head.number("content-length") else {
            throw StoreError(
                .protocolViolation, "\(channel.name) names no size of the object", key: key, status: head.status)
        }
        guard let tag = head.bytes("etag"), !tag.isEmpty else {
            throw StoreError(
                .protocolViolation, "\(channel.name) names no entity tag of the object", key: key, status: head.status)
        }
        return size
    }

    private func tags(of key: ObjectKey, versionID: String?) async throws(StoreError) -> [String: String] {
        var call = S3Channel.Call(.get, key)
        call.query.add("tagging")
        if let versionID { call.query.add("versionId", versionID.utf8) }
        let response: HTTPResponse
        do throws(StoreError) {
            response = try await channel.send(call)
        } catch let error where (error.underlying as? S3Refusal)?.code == "NoSuchTagSet" {
            return [:]
        }
        return try XMLRecords.tags(in: response.body, origin: channel.name)
    }

    // MARK: Reading

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        let wanted = try request.wanted()
        var call = S3Channel.Call(.get, request.key)
        call.isRead = true
        if let versionID = request.version.versionID { call.query.add("versionId", versionID.utf8) }
        if traits.conditionalRead {
            try call.headers.add("if-match", "\"\(request.version.entityTag)\"")
            call.isConditional = true
        }
        let isWhole = wanted.lowerBound == 0 && wanted.upperBound == request.version.size
        if !wanted.isEmpty && !isWhole {
            try call.headers.add("range", "bytes=\(wanted.lowerBound)-\(wanted.upperBound - 1)")
        } else if isWhole {
            // Only whole objects have a checksum that the store states of them.
            try call.headers.add("x-amz-checksum-mode", "ENABLED")
        }
        let pin = AnswerPin(
            request, wanted: wanted, isWhole: isWhole, endpoint: channel.name, versionHeader: "x-amz-version-id")
        nonisolated(unsafe) let sink = sink
        let response = try await channel.send(call, on: reactor) { head in
            if let drift = pin.difference(head) { return .fail(drift) }
            sink.restart()
            // Nothing is wanted of an object that was asked for no bytes: its body, if any, is dropped.
            return wanted.isEmpty && !isWhole
                ? .memory(limit: S3Channel.smallAnswer) : .sink(sink, limit: UInt64(wanted.count))
        }
        guard wanted.isEmpty || response.received == UInt64(wanted.count) else {
            throw StoreError(
                .temporary, "\(channel.name) sent \(response.received) of \(wanted.count) bytes", key: request.key)
        }
        var head = S3Metadata.head(response.head, size: request.version.size)
        if isWhole { head.stated = stated(response.head, head) }
        return head
    }

    /// Digests that the store states of the whole object.
    private func stated(_ answer: ResponseHead, _ head: ObjectHead) -> [Checksum] {
        var found: [Checksum] = []
        if answer["x-amz-checksum-type"]?.uppercased() != "COMPOSITE" {
            for kind in [Checksum.Kind.crc64nvme, .crc32c] {
                // A composite value ends in the number of its parts.
                if let name = S3Checksums.header(kind), let value = answer[name], !value.contains("-") {
                    found.append(Checksum(kind: kind, value: value))
                }
            }
        }
        if traits.entityTagIsMD5, !Self.isEncryptedByKMS(answer),
            let md5 = S3Checksums.md5(entityTag: head.version.entityTag)
        {
            found.append(Checksum(kind: .contentMD5, value: S3Checksums.base64(md5)))
        }
        return found
    }

    /// Under a KMS key or the customer's an entity tag is no MD5 (Amazon S3 API, common response headers).
    static func isEncryptedByKMS(_ answer: ResponseHead) -> Bool {
        answer["x-amz-server-side-encryption"]?.hasPrefix("aws:kms") ?? false
            || answer.bytes("x-amz-server-side-encryption-customer-algorithm") != nil
    }

    // MARK: Writing

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        guard UInt64(body.count) <= traits.maxSingleWrite else {
            throw StoreError(
                .refused, "\(body.count) bytes are more than \(channel.name) takes in one write", key: request.key)
        }
        var call = S3Channel.Call(.put, request.key)
        call.isWrite = true
        call.isBulk = true
        call.body = HTTPRequest.Body(body)
        try S3Metadata.add(request.metadata, traits: traits, to: &call.headers)
        try addCondition(
            request.condition, create: traits.conditionalCreate, update: traits.conditionalUpdate, to: &call)
        let sent = try addChecksum(traits.checksum, body, to: &call)
        let response = try await channel.send(call, on: reactor)
        let tag = try entityTag(response.head, request.key)
        let seen = try compare(response.head, tag, body, request.key)
        return WriteReceipt(
            entityTag: tag, versionID: S3Metadata.head(response.head, size: 0).version.versionID,
            enforced: sent ? traits.checksum : seen)
    }

    public func delete(_ key: ObjectKey) async throws(StoreError) {
        var call = S3Channel.Call(.delete, key)
        call.isWrite = true
        do throws(StoreError) {
            _ = try await channel.send(call)
        } catch let error where error.code == .notFound && (error.underlying as? S3Refusal)?.code != "NoSuchBucket" {
            return
        }
    }

    /// Adds the header of a condition where the store honours it.
    func addCondition(_ condition: WriteCondition, create: Bool, update: Bool, to call: inout S3Channel.Call)
        throws(StoreError)
    {
        switch condition {
        case .absent where create:
            try call.headers.add("if-none-match", "*")
            call.isConditional = true
        case .entityTag(let tag) where update:
            try call.headers.add("if-match", "\"\(tag)\"")
            call.isConditional = true
        case .absent, .entityTag, .any: break
        }
    }

    /// Adds our checksum of the kind; false where it is none or was not computed.
    func addChecksum(_ kind: Checksum.Kind, _ body: WriteBody, to call: inout S3Channel.Call) throws(StoreError)
        -> Bool
    {
        guard let value = S3Checksums.value(kind, body.checksums), let header = S3Checksums.header(kind) else {
            return false
        }
        try call.headers.add(header.description, value)
        if let algorithm = S3Checksums.algorithm(kind) {
            try call.headers.add("x-amz-sdk-checksum-algorithm", algorithm)
        }
        return true
    }

    func entityTag(_ head: ResponseHead, _ key: ObjectKey) throws(StoreError) -> String {
        guard let tag = head.bytes("etag").map(S3Text.unquoted), !tag.isEmpty else {
            throw StoreError(
                .ambiguous, "\(channel.name) accepts the write without an entity tag; HEAD must tell", key: key,
                status: head.status)
        }
        return tag
    }

    /// Compares what the store says of the bytes it took with what we know of them.
    /// Gives the check that was made this way; throws `.checksumRefused` on a difference.
    func compare(_ answer: ResponseHead, _ tag: String, _ body: WriteBody, _ key: ObjectKey) throws(StoreError)
        -> Checksum.Kind
    {
        var seen = Checksum.Kind.none
        func difference(_ what: String) -> StoreError {
            StoreError(
                .checksumRefused, "\(channel.name) took other bytes than were sent: \(what) differs", key: key,
                status: answer.status)
        }
        for kind in [Checksum.Kind.crc32c, .crc64nvme] {
            guard let header = S3Checksums.header(kind), let theirs = answer[header],
                let ours = S3Checksums.value(kind, body.checksums)
            else { continue }
            guard theirs == ours else { throw difference(header.description) }
        }
        if traits.entityTagIsMD5, !Self.isEncryptedByKMS(answer), let ours = body.checksums.md5,
            let theirs = S3Checksums.md5(entityTag: tag)
        {
            guard ours == theirs else { throw difference("the MD5 in the entity tag") }
            seen = .contentMD5
        }
        return seen
    }

    // MARK: The clock

    /// As far as an answer's `Date` tells. Asks for the bucket; any answer will do. Servers may leave it out (RFC 9110,
    /// section 6.6.1).
    public func clockSkew() async throws(StoreError) -> Double? {
        let before = Timestamp.now()
        let head = try await channel.look(S3Channel.Call(.head)).head
        let after = Timestamp.now()
        guard let date = head["date"].flatMap({ Timestamp.seconds(http: $0) }) else { return nil }
        // `Date` has whole seconds.
        if (before - 1...after + 1).contains(date) { return 0 }
        return Double(date) - Double(before + after) / 2
    }
}
