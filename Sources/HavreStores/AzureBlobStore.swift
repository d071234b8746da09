public import HavreModel

/// A container of Azure Blob Storage: block, page and append blobs to read, block blobs to write.
///
/// A version's id is Azure's own; that of a snapshot is `snapshot:` and its time. Every answer is compared with what was
/// asked; checksums go out where the traits say that the service honours them.
public struct AzureBlobStore: ObjectStore {
    /// Where the container is and how it is reached.
    public struct Configuration: Sendable {
        /// Where the account answers; a host that is a bare address gets the account in the path.
        public var endpoint: Endpoint
        /// The account.
        public var account: String
        /// The container.
        public var container: String
        /// Who asks.
        public var credentials: AzureCredentialSource
        /// The key that objects are encrypted with at the service, where it is the customer's (CPK).
        public var customerKey: CustomerKey?
        /// The tier of new objects (`Hot`, `Cool`, `Cold`, `Archive`); nil is the account's.
        public var tier: String?
        /// Whether deleting an object deletes its snapshots with it; it is refused otherwise where it has some.
        public var deletesSnapshots: Bool
        /// Seconds since 1970 UTC, for signatures.
        public var clock: @Sendable () -> Int64

        /// Names a container. `account` nil is the first label of the endpoint's host.
        public init(
            endpoint: Endpoint, account: String? = nil, container: String, credentials: AzureCredentialSource,
            customerKey: CustomerKey? = nil, tier: String? = nil, deletesSnapshots: Bool = false,
            clock: @escaping @Sendable () -> Int64 = { Timestamp.now() }
        ) {
            self.endpoint = endpoint
            self.account = account ?? endpoint.host.split(separator: ".").first.map(String.init) ?? ""
            self.container = container
            self.credentials = credentials
            self.customerKey = customerKey
            self.tier = tier
            self.deletesSnapshots = deletesSnapshots
            self.clock = clock
        }
    }

    public let traits: StoreTraits
    let channel: AzureChannel
    /// Uploads that were seen open by this store.
    let openUploads = OpenUploads()

    /// The longest range of which Azure states a digest (Get Blob).
    static let longestDigestedRange = 4 << 20

    /// Speaks to a container through `client`. Nothing is sent yet.
    /// Throws `.refused` where the container's name is none.
    public init(configuration: Configuration, client: HTTPClient, traits: StoreTraits) throws(StoreError) {
        self.traits = traits
        channel = try AzureChannel(configuration, client: client)
    }

    /// What Azure is documented to do. Keys that only a probe can tell of stay open until `doctor` finds out.
    public static func declaredTraits(maxParts: Int, checksum: Checksum.Kind) -> StoreTraits {
        StoreTraits(
            maxParts: maxParts, minPartSize: 1, maxSingleWrite: 5000 << 20, checksum: checksum, partChecksum: checksum,
            conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true, conditionalRead: true,
            entityTagIsMD5: false, keeps: [.reserved, .nonASCII, .longKey, .shadowed],
            breaks: [.empty, .overlongKey, .notUTF8, .nul])
    }

    /// The time of a snapshot by its version id; nil for a version.
    static func snapshotTime(_ versionID: String) -> String? {
        versionID.hasPrefix(snapshotPrefix) ? String(versionID.dropFirst(snapshotPrefix.utf8.count)) : nil
    }

    static let snapshotPrefix = "snapshot:"

    // MARK: Looking

    public func listing(prefix: ObjectKey) -> any ObjectListing {
        AzureListing(channel, prefix: prefix, scope: .present)
    }

    public func history(prefix: ObjectKey) -> (any ObjectListing)? {
        AzureListing(channel, prefix: prefix, scope: .history)
    }

    public func head(_ key: ObjectKey, versionID: String?, withTags: Bool) async throws(StoreError) -> ObjectHead {
        var call = AzureChannel.Call(.head, key)
        call.select(versionID)
        call.isRead = true
        call.needsCustomerKey = true
        let response = try await channel.send(call)
        guard let size = response.head.number("content-length"),
            let tag = response.head.bytes("etag"), !tag.isEmpty
        else {
            throw StoreError(
                .protocolViolation, "\(channel.name) names no size or entity tag of the object", key: key,
                status: response.head.status)
        }
        var head = AzureMetadata.head(response.head, size: size, snapshot: versionID.flatMap(Self.snapshotID))
        if withTags && traits.keepsTags && head.tagCount > 0 {
            head.metadata.tags = try await tags(of: key, versionID: versionID)
        }
        return head
    }

    /// `versionID` where it is a snapshot's: answers do not repeat it.
    private static func snapshotID(_ versionID: String) -> String? {
        snapshotTime(versionID) == nil ? nil : versionID
    }

    private func tags(of key: ObjectKey, versionID: String?) async throws(StoreError) -> [String: String] {
        var call = AzureChannel.Call(.get, key)
        call.query.add("comp", "tags".utf8)
        call.select(versionID)
        let response = try await channel.send(call)
        return try XMLRecords.tags(in: response.body, origin: channel.name)
    }

    // MARK: Reading

    public func read(_ request: ReadRequest, on reactor: Reactor, into sink: any ByteSink) async throws(StoreError)
        -> ObjectHead
    {
        let wanted = try request.wanted()
        var call = AzureChannel.Call(.get, request.key)
        call.isRead = true
        call.needsCustomerKey = true
        call.select(request.version.versionID)
        if traits.conditionalRead {
            try call.headers.add("if-match", "\"\(request.version.entityTag)\"")
        }
        let isWhole = wanted.lowerBound == 0 && wanted.upperBound == request.version.size
        let isDigested = !wanted.isEmpty && wanted.count <= Self.longestDigestedRange
        if !wanted.isEmpty && (!isWhole || isDigested) {
            try call.headers.add("x-ms-range", "bytes=\(wanted.lowerBound)-\(wanted.upperBound - 1)")
            // Reckoned by the service over what it sends, unlike the property of the whole, which is as its writer said.
            if isDigested { try call.headers.add("x-ms-range-get-content-md5", "true") }
        }
        let pin = AnswerPin(
            request, wanted: wanted, isWhole: isWhole, endpoint: channel.name, versionHeader: "x-ms-version-id")
        nonisolated(unsafe) let sink = sink
        let response = try await channel.send(call, on: reactor) { head in
            if let drift = pin.difference(head) { return .fail(drift) }
            sink.restart()
            return wanted.isEmpty && !isWhole
                ? .memory(limit: AzureChannel.smallAnswer) : .sink(sink, limit: UInt64(wanted.count))
        }
        guard wanted.isEmpty || response.received == UInt64(wanted.count) else {
            throw StoreError(
                .temporary, "\(channel.name) sent \(response.received) of \(wanted.count) bytes", key: request.key)
        }
        var head = AzureMetadata.head(
            response.head, size: request.version.size, snapshot: request.version.versionID.flatMap(Self.snapshotID))
        if !wanted.isEmpty, isDigested || (isWhole && response.head.status == 200),
            let md5 = response.head["content-md5"]
        {
            head.stated = [Checksum(kind: .contentMD5, value: md5)]
        }
        return head
    }

    // MARK: Writing

    public func write(_ request: WriteRequest, body: WriteBody, on reactor: Reactor) async throws(StoreError)
        -> WriteReceipt
    {
        guard UInt64(body.count) <= traits.maxSingleWrite else {
            throw StoreError(
                .refused, "\(body.count) bytes are more than \(channel.name) takes in one write", key: request.key)
        }
        var call = AzureChannel.Call(.put, request.key)
        call.isWrite = true
        call.needsCustomerKey = true
        call.body = HTTPRequest.Body(body)
        try call.headers.add("x-ms-blob-type", "BlockBlob")
        try AzureMetadata.add(request.metadata, to: &call.headers)
        if let tier = channel.configuration.tier { try call.headers.add("x-ms-access-tier", tier) }
        try addCondition(
            request.condition, create: traits.conditionalCreate, update: traits.conditionalUpdate, to: &call)
        let sent = try addChecksum(traits.checksum, body, to: &call)
        let response = try await channel.send(call, on: reactor)
        let seen = try compare(response.head, body, request.key)
        return WriteReceipt(
            entityTag: try entityTag(response.head, request.key), versionID: response.head["x-ms-version-id"],
            enforced: sent ? traits.checksum : seen)
    }

    /// Deletes a blob; its snapshots with it only where the configuration says so.
    public func delete(_ key: ObjectKey) async throws(StoreError) {
        var call = AzureChannel.Call(.delete, key)
        call.isWrite = true
        if channel.configuration.deletesSnapshots { try call.headers.add("x-ms-delete-snapshots", "include") }
        do throws(StoreError) {
            _ = try await channel.send(call)
        } catch {
            guard error.code == .notFound, (error.underlying as? AzureRefusal)?.code != "ContainerNotFound" else {
                throw error
            }
        }
    }

    /// Adds the header of a condition where the service honours it.
    func addCondition(_ condition: WriteCondition, create: Bool, update: Bool, to call: inout AzureChannel.Call)
        throws(StoreError)
    {
        switch condition {
        case .absent where create:
            try call.headers.add("if-none-match", "*")
        case .entityTag(let tag) where update:
            try call.headers.add("if-match", "\"\(tag)\"")
        case .absent, .entityTag, .any: break
        }
    }

    /// Adds our checksum of the kind, one only, since Azure takes no two; false where it is none or was not computed.
    func addChecksum(_ kind: Checksum.Kind, _ body: WriteBody, to call: inout AzureChannel.Call) throws(StoreError)
        -> Bool
    {
        guard let (name, value) = AzureMetadata.checksum(kind, body.checksums) else { return false }
        try call.headers.add(name, value)
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

    /// Compares the digest that the service reckoned over what it took with ours.
    /// Gives the check that was made this way; throws `.checksumRefused` on a difference.
    func compare(_ answer: ResponseHead, _ body: WriteBody, _ key: ObjectKey) throws(StoreError) -> Checksum.Kind {
        for (kind, theirs) in [
            (Checksum.Kind.crc64nvme, answer["x-ms-content-crc64"]), (.contentMD5, answer["content-md5"]),
        ] {
            guard let theirs, let (name, ours) = AzureMetadata.checksum(kind, body.checksums) else { continue }
            guard theirs == ours else {
                throw StoreError(
                    .checksumRefused, "\(channel.name) took other bytes than were sent: \(name) differs", key: key,
                    status: answer.status)
            }
            return kind
        }
        return .none
    }
}
