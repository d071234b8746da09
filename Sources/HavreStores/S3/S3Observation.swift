import HavreModel

extension S3Store {
    /// Asks for the bucket's head, which names its region at some (Amazon S3 API, HeadBucket), and else for its
    /// location (GetBucketLocation). Whether the bucket is there and ours is for other calls to say.
    public func observed() async throws(StoreError) -> Connection? {
        let answer = try await channel.look(S3Channel.Call(.head))
        let status = answer.head.status
        if status == 429 || status >= 500 { throw channel.failure(answer, S3Channel.Call(.head), nil) }
        guard let peer = answer.peer else {
            throw StoreError(.protocolViolation, "libcurl does not say to whom \(channel.name) is connected")
        }
        var region = Connection.Region.unknown
        if let named = answer.head.bytes("x-amz-bucket-region").map(Array.init).flatMap(S3Text.region) {
            region = .named(named)
        } else if (200..<300).contains(status) {
            // Asked a second time by itself: a fault here must not have the whole begin anew for ever.
            do throws(StoreError) {
                region = try await location()
            } catch {
                guard error.isRetryable else { throw error }
                region = try await location()
            }
        }
        return Connection(
            host: channel.host, address: peer.address, isProxied: peer.isProxy, tls: peer.tls, region: region)
    }

    private func location() async throws(StoreError) -> Connection.Region {
        var call = S3Channel.Call(.get)
        call.query.add("location")
        let response: HTTPResponse
        do throws(StoreError) {
            response = try await channel.send(call)
        } catch {
            // Not every server offers it, nor to everybody who may list.
            guard !error.isOfPolicy, !error.isRetryable else { throw error }
            return .unknown
        }
        guard let found = try? XMLRecords.all("", in: response.body, origin: channel.name) else { return .unknown }
        // SeaweedFS puts it into another element.
        let text = found.root == "LocationConstraint" ? found.rootText : found.outer["LocationConstraint"]
        guard let text else { return .unknown }
        if text.isEmpty { return .unnamed }
        return S3Text.region(text).map { .named($0) } ?? .unknown
    }
}
