import HavreModel

/// ListObjectsV2, page by page, parsed while it arrives.
final class S3Listing: ObjectListing, @unchecked Sendable {
    private let channel: S3Channel
    private let prefix: ObjectKey
    // Not to be shared between tasks: one call at a time.
    private var token: [UInt8]?
    private var isOver = false

    init(_ channel: S3Channel, prefix: ObjectKey) {
        self.channel = channel
        self.prefix = prefix
    }

    func next() async throws(StoreError) -> [ObjectEntry]? {
        if isOver { return nil }
        var call = S3Channel.Call(.get)
        call.query.add("list-type", 2)
        call.query.add("max-keys", 1000)
        call.query.add("prefix", prefix.bytes)
        // Keys may hold characters that XML cannot; decoded only where the answer echoes it.
        call.query.add("encoding-type", "url".utf8)
        if let token { call.query.add("continuation-token", token) }
        let page = ListingPage()
        nonisolated(unsafe) let reader = try XMLReader(page, origin: channel.name)
        _ = try await channel.send(call) { _ in
            reader.restart()
            return .sink(reader, limit: .max)
        }
        try reader.finish()
        page.decodeKeys()
        guard page.root == "ListBucketResult" else { throw violation("is no listing but a \(page.root)") }
        if let problem = page.problem { throw violation(problem) }
        if page.isTruncated {
            guard let next = page.token, !next.isEmpty else {
                throw violation("breaks off without saying how to go on")
            }
            guard next != token else { throw violation("goes round in a circle") }
            token = next
        } else {
            isOver = true
        }
        if let strange = page.entries.first(where: { !$0.key.bytes.starts(with: prefix.bytes) }) {
            var error = violation("holds a key outside the prefix asked for")
            error.key = strange.key
            throw error
        }
        return page.entries
    }

    private func violation(_ what: String) -> StoreError {
        StoreError(
            .protocolViolation, "the listing of bucket \(channel.configuration.bucket) at \(channel.name) \(what)")
    }
}
