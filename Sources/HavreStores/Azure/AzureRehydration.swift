public import HavreModel

extension AzureBlobStore: Rehydrating {
    public var rehydrating: (any Rehydrating)? { self }

    /// Moves a blob out of the archive tier (Set Blob Tier). Former versions and snapshots cannot be moved, only copied:
    /// that would write at the source, and is refused.
    public func rehydrate(_ key: ObjectKey, versionID: String?, to tier: String, priority: RehydrationPriority)
        async throws(StoreError)
    {
        let head = try await head(key, versionID: versionID, withTags: false)
        guard head.rehydration == .archived else { return }
        if let versionID {
            let current = try? await self.head(key, versionID: nil, withTags: false).version.versionID
            guard versionID == current else {
                throw StoreError(
                    .refused,
                    "Azure brings no former version or snapshot back from the archive; have whoever owns the "
                        + "container copy it to a blob of its own", key: key)
            }
        }
        var call = AzureChannel.Call(.put, key)
        call.isWrite = true
        call.query.add("comp", "tier".utf8)
        try call.headers.add("x-ms-access-tier", tier)
        try call.headers.add("x-ms-rehydrate-priority", priority == .high ? "High" : "Standard")
        do throws(StoreError) {
            _ = try await channel.send(call)
        } catch {
            // Somebody asked meanwhile.
            guard (error.underlying as? AzureRefusal)?.code == "BlobBeingRehydrated" else { throw error }
        }
    }

    public func rehydrationStatus(_ key: ObjectKey, versionID: String?) async throws(StoreError) -> RehydrationStatus {
        try await head(key, versionID: versionID, withTags: false).rehydration ?? .ready
    }
}
