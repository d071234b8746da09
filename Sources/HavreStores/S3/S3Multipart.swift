public import HavreModel

extension S3Store {
    /// Joining many parts may take a server minutes without a byte.
    private static let completionTimeout: Double = 900

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        var call = S3Channel.Call(.post, key)
        call.isWrite = true
        call.query.add("uploads")
        try S3Metadata.add(metadata, traits: traits, to: &call.headers)
        if let algorithm = S3Checksums.algorithm(traits.partChecksum) {
            try call.headers.add("x-amz-checksum-algorithm", algorithm)
            try call.headers.add("x-amz-checksum-type", "FULL_OBJECT")
        }
        let response = try await channel.send(call)
        let found: [UInt8]
        do throws(StoreError) {
            found = try receipt(response.body, "InitiateMultipartUploadResult", "UploadId").fields["UploadId"] ?? []
        } catch {
            // It was opened; to ask again would open a second one.
            throw StoreError(.ambiguous, error.message, key: key, status: response.head.status)
        }
        guard !found.isEmpty else {
            throw StoreError(
                .protocolViolation, "\(channel.name) opens an upload without naming it", key: key,
                status: response.head.status)
        }
        return String(decoding: found, as: UTF8.self)
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        guard index >= 0, index < traits.maxParts else {
            throw StoreError(
                .refused, "part \(index + 1) is beyond the \(traits.maxParts) parts that \(channel.name) takes",
                key: key)
        }
        var call = S3Channel.Call(.put, key)
        call.isWrite = true
        call.isBulk = true
        call.query.add("partNumber", index + 1)
        call.query.add("uploadId", upload.utf8)
        call.body = HTTPRequest.Body(body)
        _ = try addChecksum(traits.partChecksum, body, to: &call)
        let response = try await channel.send(call, on: reactor)
        let tag = try entityTag(response.head, key)
        _ = try compare(response.head, tag, body, key)
        let checksum = S3Checksums.value(traits.partChecksum, body.checksums)
            .map { Checksum(kind: traits.partChecksum, value: $0) }
        return PartReceipt(index: index, entityTag: tag, size: UInt64(body.count), checksum: checksum)
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        var call = S3Channel.Call(.post, key)
        call.isWrite = true
        call.query.add("uploadId", upload.utf8)
        call.stallTimeout = Self.completionTimeout
        call.body = .bytes(completion(parts))
        try call.headers.add("content-type", "application/xml")
        try addCondition(
            condition, create: traits.conditionalComplete, update: traits.conditionalComplete, to: &call)
        var enforced = traits.partChecksum
        if parts.contains(where: { $0.checksum?.kind != traits.partChecksum }) { enforced = .none }
        if let checksum, checksum.kind == traits.partChecksum, S3Checksums.algorithm(checksum.kind) != nil,
            let header = S3Checksums.header(checksum.kind)
        {
            try call.headers.add(header.description, checksum.value)
            try call.headers.add("x-amz-checksum-type", "FULL_OBJECT")
        }
        let response = try await channel.send(call)
        let found: (root: String, fields: XMLRecords.Record)
        do throws(StoreError) {
            found = try receipt(response.body, "CompleteMultipartUploadResult", "ETag")
        } catch {
            // The status came before the work was done; what became of it HEAD must tell.
            throw StoreError(
                .ambiguous, "\(error.message); whether the parts were joined is not known", key: key, status: 200)
        }
        // S3 answers 200 at once and may find an error later (Amazon S3 API, CompleteMultipartUpload).
        if found.root == "Error" { throw lateFailure(response, call, key) }
        guard let tag = found.fields["ETag"].map({ S3Text.unquoted($0) }), !tag.isEmpty else {
            throw StoreError(
                .ambiguous, "\(channel.name) joins the parts without an entity tag; HEAD must tell", key: key,
                status: 200)
        }
        if let checksum, let element = S3Checksums.element(checksum.kind), let theirs = found.fields[element],
            !theirs.contains(0x2d), theirs != Array(checksum.value.utf8)
        {
            throw StoreError(
                .checksumRefused, "\(channel.name) joined other bytes than were sent: \(element) differs", key: key,
                status: 200)
        }
        let versionID = S3Metadata.head(response.head, size: 0).version.versionID
        return WriteReceipt(
            entityTag: await shownTag(key, versionID, parts) ?? tag, versionID: versionID, enforced: enforced)
    }

    /// Reads a small answer that repeats the key. Keys may hold control characters, which no XML can carry and which
    /// servers send all the same: then `field` alone is looked for, where it stands just once in an answer `root`.
    private func receipt(_ body: [UInt8], _ root: String, _ field: String) throws(StoreError)
        -> (root: String, fields: XMLRecords.Record)
    {
        do throws(StoreError) {
            let found = try XMLRecords.all("", in: body, origin: channel.name)
            return (found.root, found.outer)
        } catch {
            let text = String(decoding: body, as: UTF8.self)
            let values = text.split(separator: "<\(field)>", omittingEmptySubsequences: false).dropFirst()
            guard error.code == .protocolViolation, text.contains("<\(root)"), !text.contains("<!"), values.count == 1,
                let value = values.first?.split(separator: "</\(field)>", omittingEmptySubsequences: false).first,
                !value.contains("<"), !value.contains("&") || value.hasPrefix("&quot;")
            else { throw error }
            return (root, [field: Array(value.replacing("&quot;", with: "\"").utf8)])
        }
    }

    /// The entity tag that the joined object shows from now on: some servers (`rclone serve`) name another one
    /// when they join. Nil where HEAD cannot tell or finds an object of another size.
    private func shownTag(_ key: ObjectKey, _ versionID: String?, _ parts: [PartReceipt]) async -> String? {
        guard let head = try? await head(key, versionID: versionID, withTags: false) else { return nil }
        return head.version.size == parts.reduce(0, { $0 + $1.size }) ? head.version.entityTag : nil
    }

    private func lateFailure(_ response: HTTPResponse, _ call: S3Channel.Call, _ key: ObjectKey) -> StoreError {
        var error = channel.failure(response, call, nil)
        // The status 200 says nothing; without a code that the table knows it is the server's fault.
        if error.code == .refused, error.underlying == nil || !S3ErrorTable.knows(error.underlying) {
            error.code = .ambiguous
        }
        return error
    }

    private func completion(_ parts: [PartReceipt]) -> [UInt8] {
        var xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        xml.reserveCapacity(parts.count * 160 + 128)
        for part in parts.sorted(by: { $0.index < $1.index }) {
            xml +=
                "<Part><PartNumber>\(part.index + 1)</PartNumber><ETag>&quot;\(Self.escaped(part.entityTag))&quot;</ETag>"
            if let checksum = part.checksum, checksum.kind == traits.partChecksum,
                let element = S3Checksums.element(checksum.kind)
            {
                xml += "<\(element)>\(Self.escaped(checksum.value))</\(element)>"
            }
            xml += "</Part>"
        }
        xml += "</CompleteMultipartUpload>"
        return Array(xml.utf8)
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x26 || $0 == 0x3c || $0 == 0x3e || $0 == 0x22 }) else { return text }
        return text.reduce(into: "") { out, character in
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        var call = S3Channel.Call(.delete, key)
        call.isWrite = true
        call.query.add("uploadId", upload.utf8)
        do throws(StoreError) {
            _ = try await channel.send(call)
        } catch let error where error.code == .noSuchUpload {
            return
        } catch let error where error.code == .notFound && (error.underlying as? S3Refusal)?.code != "NoSuchBucket" {
            return
        }
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        var parts: [PartReceipt] = []
        var marker = 0
        while true {
            var call = S3Channel.Call(.get, key)
            call.query.add("uploadId", upload.utf8)
            call.query.add("max-parts", 1000)
            if marker > 0 { call.query.add("part-number-marker", marker) }
            let page = try await records("Part", call)
            for record in page.records {
                guard let number = record["PartNumber"].flatMap({ S3Text.number($0) }), (1...10_000).contains(number),
                    let size = record["Size"].flatMap({ S3Text.number($0) }), let tag = record["ETag"]
                else {
                    throw StoreError(
                        .protocolViolation, "\(channel.name) lists a part without number, size or tag", key: key)
                }
                let kinds: [Checksum.Kind] = [.crc64nvme, .crc32c]
                let checksum = kinds.lazy.compactMap { kind -> Checksum? in
                    guard let element = S3Checksums.element(kind), let value = record[element] else { return nil }
                    return Checksum(kind: kind, value: String(decoding: value, as: UTF8.self))
                }.first
                parts.append(
                    PartReceipt(
                        index: Int(number) - 1, entityTag: S3Text.unquoted(tag), size: size, checksum: checksum))
            }
            guard page.outer["IsTruncated"].map({ $0.elementsEqual("true".utf8) }) ?? false else { break }
            let next = page.outer["NextPartNumberMarker"].flatMap { S3Text.number($0) } ?? 0
            guard next > UInt64(marker), next <= 10_000 else { throw circle("parts") }
            marker = Int(next)
        }
        return parts.sorted { $0.index < $1.index }
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        var uploads: [PendingUpload] = []
        var marker: (key: [UInt8], upload: [UInt8])?
        while true {
            var call = S3Channel.Call(.get)
            call.query.add("uploads")
            call.query.add("prefix", prefix.bytes)
            call.query.add("max-uploads", 1000)
            call.query.add("encoding-type", "url".utf8)
            if let marker {
                call.query.add("key-marker", marker.key)
                call.query.add("upload-id-marker", marker.upload)
            }
            let page: XMLRecords
            do throws(StoreError) {
                page = try await records("Upload", call)
            } catch {
                // `rclone serve s3` says so where no upload is open at all.
                if error.code == .noSuchUpload { return uploads }
                throw error
            }
            let isEncoded = isEncoded(page, prefix)
            func plain(_ text: [UInt8]) -> [UInt8] { isEncoded ? S3Text.decoded(text) ?? text : text }
            for record in page.records {
                guard let key = record["Key"], let upload = record["UploadId"] else {
                    throw StoreError(.protocolViolation, "\(channel.name) lists an upload without key or id")
                }
                let entry = PendingUpload(
                    key: ObjectKey(plain(key)), upload: String(decoding: upload, as: UTF8.self),
                    initiated: record["Initiated"].flatMap { Timestamp.nanoseconds(iso8601: $0) })
                // Some servers know no prefix here.
                if entry.key.bytes.starts(with: prefix.bytes) { uploads.append(entry) }
            }
            guard page.outer["IsTruncated"].map({ $0.elementsEqual("true".utf8) }) ?? false else { return uploads }
            let next = (plain(page.outer["NextKeyMarker"] ?? []), page.outer["NextUploadIdMarker"] ?? [])
            if let marker, marker == next { throw circle("uploads") }
            guard !next.0.isEmpty || !next.1.isEmpty else { throw circle("uploads") }
            marker = next
        }
    }

    /// Whether the keys of a page of uploads are encoded. SeaweedFS says so and does not do it: it is believed
    /// only where every key has the look of it and lies, decoded, under the prefix asked for.
    private func isEncoded(_ page: XMLRecords, _ prefix: ObjectKey) -> Bool {
        guard page.outer["EncodingType"].map({ $0.elementsEqual("url".utf8) }) ?? false else { return false }
        return page.records.allSatisfy { record in
            guard let key = record["Key"],
                key.allSatisfy({ (0x21..<0x7f).contains($0) && !Self.unencoded.contains($0) })
            else { return false }
            return S3Text.decoded(key)?.starts(with: prefix.bytes) ?? false
        }
    }

    /// What no encoding of a URL leaves as it is.
    private static let unencoded = Set("\"#&;<=>?[\\]^`{|}".utf8)

    private func records(_ element: String, _ call: S3Channel.Call) async throws(StoreError) -> XMLRecords {
        let records = XMLRecords(element)
        nonisolated(unsafe) let reader = try XMLReader(records, origin: channel.name)
        _ = try await channel.send(call) { _ in
            reader.restart()
            return .sink(reader, limit: .max)
        }
        try reader.finish()
        if records.isOverfull {
            throw StoreError(.protocolViolation, "\(channel.name) lists more \(element)s than a page holds")
        }
        return records
    }

    private func circle(_ what: String) -> StoreError {
        StoreError(.protocolViolation, "the listing of \(what) at \(channel.name) does not go on where it breaks off")
    }
}
