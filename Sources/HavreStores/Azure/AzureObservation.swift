import HavreModel

extension AzureBlobStore {
    /// Asks for the container's properties. Azure tells no region (the endpoint's name holds none either); of the account
    /// it may tell kind and redundancy: an account with geographic copies lies in two regions. Whether the container is
    /// there and ours is for other calls to say.
    public func observed() async throws(StoreError) -> Connection? {
        let call = AzureChannel.Call(.head)
        let answer = try await channel.look(call)
        let status = answer.head.status
        if status == 429 || status >= 500 { throw channel.failure(answer, call, nil) }
        guard let peer = answer.peer else {
            throw StoreError(.protocolViolation, "libcurl does not say to whom \(channel.name) is connected")
        }
        let account = (200..<300).contains(status) ? try await account() : nil
        return Connection(
            host: channel.configuration.endpoint.authority, address: peer.address, isProxied: peer.isProxy,
            tls: peer.tls, region: .unknown, account: account)
    }

    /// Kind and redundancy of the account; nil where the service does not tell us.
    private func account() async throws(StoreError) -> String? {
        var call = AzureChannel.Call(.get)
        call.query = URLQuery()
        call.query.add("restype", "account".utf8)
        call.query.add("comp", "properties".utf8)
        let head: ResponseHead
        do throws(StoreError) {
            head = try await channel.send(call).head
        } catch {
            // Not everybody who may read may ask that.
            guard error.isOfPolicy else { return nil }
            throw error
        }
        let words = [
            head["x-ms-account-kind"], head["x-ms-sku-name"],
            head["x-ms-is-hns-enabled"] == "true" ? "hierarchical namespace" : nil,
        ].compactMap { $0.map { S3Text.printable($0.utf8, limit: 64) } }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// As far as an answer's `Date` tells. Asks for the container; any answer will do.
    public func clockSkew() async throws(StoreError) -> Double? {
        let before = Timestamp.now()
        let head = try await channel.look(AzureChannel.Call(.head)).head
        let after = Timestamp.now()
        guard let date = head["date"].flatMap({ Timestamp.seconds(http: $0) }) else { return nil }
        // `Date` has whole seconds.
        if (before - 1...after + 1).contains(date) { return 0 }
        return Double(date) - Double(before + after) / 2
    }
}
