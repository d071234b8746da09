import HavreCrypto
public import HavreModel

/// Uploads in parts, which Azure does not have: blocks that wait beside a blob until a list of them is committed.
///
/// What an upload is stands in the names of its blocks (`AzureBlockID`). Uncommitted blocks vanish a week after the last
/// one came, when anybody writes the blob as a whole, and when another list of blocks is committed; the upload is then
/// gone (`.noSuchUpload`). They cannot be taken back one by one, and no way to drop all of them leaves the blob alone: an
/// aborted upload is marked as such, and its blocks wait for their end, at the account's cost, for a week at most.
extension AzureBlobStore {
    /// Committing many blocks may take the service minutes without a byte.
    private static let completionTimeout: Double = 900
    /// Of a block that stands for nothing but its name: Azure takes none that is empty.
    private static let filler: [UInt8] = [0]
    /// What one block may have (Put Block).
    private static let largestBlock = UInt64(4000) << 20

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        // What is refused at the end is better refused before a terabyte was sent.
        var headers = HeaderList()
        try AzureMetadata.add(metadata, to: &headers)
        let upload = AzureBlockID.newUpload()
        guard let id = AzureBlockID.upload(upload) else {
            throw StoreError(.protocolViolation, "an upload's id cannot be made")
        }
        let packed = try PackedMetadata.pack(metadata)
        for (index, start) in stride(from: 0, to: packed.count, by: AzureBlockID.payload).enumerated() {
            let piece = Array(packed[start..<min(packed.count, start + AzureBlockID.payload)])
            try await mark(key, AzureBlockID(upload: id, role: .metadata(index: index, piece: piece)))
        }
        // The last one makes it an upload: it is never open without its metadata.
        let begun = channel.configuration.clock()
        try await mark(key, AzureBlockID(upload: id, role: .opening(metadata: packed.count, begun: begun)))
        openUploads.insert(upload)
        return upload
    }

    private func mark(_ key: ObjectKey, _ id: AzureBlockID) async throws(StoreError) {
        var call = putBlock(id, key)
        call.body = .bytes(Self.filler)
        _ = try await channel.send(call)
    }

    private func putBlock(_ id: AzureBlockID, _ key: ObjectKey) -> AzureChannel.Call {
        var call = AzureChannel.Call(.put, key)
        call.isWrite = true
        call.needsCustomerKey = true
        call.query.add("comp", "block".utf8)
        call.query.add("blockid", id.text.utf8)
        return call
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        guard index >= 0, index < traits.maxParts, UInt64(body.count) <= Self.largestBlock, body.count > 0 else {
            throw StoreError(
                .refused,
                "part \(index + 1) of \(body.count) bytes is beyond what \(channel.name) takes: "
                    + "\(traits.maxParts) parts of 1 to \(Self.largestBlock) bytes", key: key)
        }
        // Azure takes a block at any time. Whether the upload is still there is asked once, after a restart.
        if !openUploads.contains(upload) { _ = try await find(upload, key) }
        guard let id = AzureBlockID.upload(upload) else { throw gone(key) }
        let digest = AzureBlockID.digest(of: body.checksums)
        var call = putBlock(AzureBlockID(upload: id, role: .part(index: index, digest: digest)), key)
        call.body = HTTPRequest.Body(body)
        _ = try addChecksum(traits.partChecksum, body, to: &call)
        let response = try await channel.send(call, on: reactor)
        _ = try compare(response.head, body, key)
        return PartReceipt(
            index: index, entityTag: AzureBlockID.tag(digest), size: UInt64(body.count),
            checksum: enforced(AzureBlockID.checksum(digest)))
    }

    /// A checksum where it is of the kind that the service was made to compare.
    private func enforced(_ checksum: Checksum?) -> Checksum? {
        checksum?.kind == traits.partChecksum ? checksum : nil
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        let metadata = try await metadata(of: upload, key: key, condition)
        guard let id = AzureBlockID.upload(upload) else { throw gone(key) }
        var call = AzureChannel.Call(.put, key)
        call.isWrite = true
        call.needsCustomerKey = true
        call.query.add("comp", "blocklist".utf8)
        call.stallTimeout = Self.completionTimeout
        var xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>"
        xml.reserveCapacity(parts.count * 128 + 64)
        for part in parts.sorted(by: { $0.index < $1.index }) {
            guard let digest = AzureBlockID.digest(tag: part.entityTag) else {
                throw StoreError(
                    .refused, "part \(part.index + 1) bears a tag that no part of an Azure upload has", key: key)
            }
            let name = AzureBlockID(upload: id, role: .part(index: part.index, digest: digest)).text
            xml += "<Uncommitted>\(name)</Uncommitted>"
        }
        xml += "</BlockList>"
        call.body = .bytes(Array(xml.utf8))
        try call.headers.add("content-type", "application/xml")
        try AzureMetadata.add(metadata, to: &call.headers)
        if let tier = channel.configuration.tier { try call.headers.add("x-ms-access-tier", tier) }
        try addCondition(
            condition, create: traits.conditionalComplete, update: traits.conditionalComplete, to: &call)
        let response = try await channel.send(call)
        openUploads.remove(upload)
        let isChecked = parts.allSatisfy { $0.checksum?.kind == traits.partChecksum }
        return WriteReceipt(
            entityTag: try entityTag(response.head, key), versionID: response.head["x-ms-version-id"],
            enforced: isChecked ? traits.partChecksum : .none)
    }

    /// What the joined blob is to bear. An upload that is gone where a blob has come to stand is a condition that failed,
    /// if nothing was to stand there: writing a blob drops what waited beside it.
    private func metadata(of upload: String, key: ObjectKey, _ condition: WriteCondition) async throws(StoreError)
        -> ObjectMetadata
    {
        do throws(StoreError) {
            guard let metadata = try await find(upload, key).metadata else { throw gone(key) }
            return metadata
        } catch {
            guard error.code == .noSuchUpload, condition == .absent, traits.conditionalComplete else { throw error }
            do throws(StoreError) {
                _ = try await head(key, versionID: nil, withTags: false)
            } catch let missing {
                throw missing.code == .notFound ? error : missing
            }
            throw StoreError(
                .conditionFailed, "something is at the target, and the upload that waited beside it is gone", key: key)
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        openUploads.remove(upload)
        guard let id = AzureBlockID.upload(upload) else { return }
        do throws(StoreError) {
            let found = try await blocks(of: key).uploads[id]
            // Nothing waits, or it is marked already: another block would only begin the week anew.
            guard let found, !found.isAborted else { return }
        } catch {
            guard error.code == .noSuchUpload else { throw error }
            return
        }
        try await mark(key, AzureBlockID(upload: id, role: .aborted))
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        let found = try await find(upload, key)
        openUploads.insert(upload)
        return found.parts.sorted { $0.key < $1.key }.flatMap { index, blocks in
            blocks.map { block in
                PartReceipt(
                    index: index, entityTag: AzureBlockID.tag(block.digest), size: block.size,
                    checksum: enforced(AzureBlockID.checksum(block.digest)))
            }
        }
    }

    /// Uploads over blobs that exist already are not among them: Azure does not list these.
    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        let listing = AzureListing(channel, prefix: prefix, scope: .uncommitted)
        var uploads: [PendingUpload] = []
        while let page = try await listing.next() {
            // What is not committed has no size yet.
            for entry in page where entry.version.size == 0 {
                let list: AzureBlockList
                do throws(StoreError) {
                    list = try await blocks(of: entry.key)
                } catch {
                    if error.code == .noSuchUpload || error.code == .refused { continue }
                    throw error
                }
                for (id, upload) in list.uploads where upload.isOpen {
                    uploads.append(
                        PendingUpload(
                            key: entry.key, upload: AzureBlockID.hex(id),
                            initiated: upload.opening.map { $0.begun * 1_000_000_000 }))
                }
            }
        }
        return uploads
    }

    private func find(_ upload: String, _ key: ObjectKey) async throws(StoreError) -> AzureBlockList.Upload {
        guard let id = AzureBlockID.upload(upload), let found = try await blocks(of: key).uploads[id], found.isOpen
        else {
            openUploads.remove(upload)
            throw gone(key)
        }
        return found
    }

    /// Our blocks that wait beside a blob. Throws `.noSuchUpload` where there is neither blob nor block.
    private func blocks(of key: ObjectKey) async throws(StoreError) -> AzureBlockList {
        var call = AzureChannel.Call(.get, key)
        call.query.add("comp", "blocklist".utf8)
        call.query.add("blocklisttype", "uncommitted".utf8)
        let list = AzureBlockList()
        do throws(StoreError) {
            try await channel.read(call, into: list)
        } catch {
            guard error.code == .notFound, (error.underlying as? AzureRefusal)?.code != "ContainerNotFound" else {
                throw error
            }
            throw gone(key)
        }
        guard list.root == "BlockList" else {
            throw StoreError(
                .protocolViolation, "\(channel.name) answers a request for blocks with \(list.root)", key: key)
        }
        return list
    }

    private func gone(_ key: ObjectKey) -> StoreError {
        StoreError(
            .noSuchUpload, "the upload is gone: completed, aborted, written over, or older than a week", key: key)
    }
}
