import CPosix
import Glibc
import HavreCrypto
public import HavreModel

/// Objects in parts.
extension FileStore {
    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata) async throws(StoreError) -> String {
        try await createUpload(key, metadata: metadata, modified: nil)
    }

    public func createUpload(_ key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) async throws(StoreError)
        -> String
    {
        try FileTree.check(key)
        return try await threads.run { () throws(StoreError) in
            try self.uploads.create(key: key, metadata: metadata, modified: modified)
        }
    }

    public func writePart(
        _ index: Int, of upload: String, key: ObjectKey, body: WriteBody, on reactor: Reactor
    ) async throws(StoreError) -> PartReceipt {
        guard (0..<traits.maxParts).contains(index) else {
            throw StoreError(.refused, "part \(index) is beyond the \(traits.maxParts) parts of an upload", key: key)
        }
        let (found, slot) = try await threads.run { () throws(StoreError) in
            let found = try self.uploads.find(upload, key: key)
            let slot = try self.tree.attempt("write a part", key, writing: true) { () throws(SystemFault) in
                try found.slot(for: index, size: UInt64(body.count))
            }
            return (found, slot)
        }
        let check: UInt64
        do throws(StoreError) {
            check = try await withTaskExecutorPreference(reactor) { () async throws(StoreError) -> UInt64 in
                try await FileWriter.pour(body, into: slot.file, at: slot.offset, key: key, root: tree.path)
            }
            if let stated = body.checksums.crc64nvme, stated != check { throw Self.wrongChecksum(key) }
        } catch {
            found.drop(slot, of: index)
            throw error
        }
        let piece = FileUpload.Piece(
            index: index, size: UInt64(body.count), check: check, file: slot.name, offset: slot.offset)
        do throws(SystemFault) {
            try found.record(piece)
        } catch {
            found.drop(slot, of: index)
            throw error.error("record a part", key, in: tree.path, writing: true)
        }
        return piece.receipt
    }

    public func completeUpload(
        _ upload: String, key: ObjectKey, parts: [PartReceipt], checksum: Checksum?, condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await threads.run { () throws(StoreError) in
            let found = try self.uploads.find(upload, key: key)
            let pieces = try Self.agree(parts, with: found.pieces, key: key)
            let place = try self.tree.attempt("write", key, writing: true) { () throws(SystemFault) in
                try self.tree.place(of: key, creating: true)
            }
            try self.hold(condition, at: place, key: key)
            let draft = try self.join(pieces, of: found, at: place, key: key)
            try self.compare(draft.file, with: pieces, of: found, whole: checksum, key: key)
            let version = try self.publish(
                draft, key: key, condition: condition, metadata: found.intent.metadata,
                modified: found.intent.modified)
            try self.uploads.remove(upload, key: key)
            return WriteReceipt(entityTag: version.entityTag, enforced: .crc64nvme)
        }
    }

    public func abortUpload(_ upload: String, key: ObjectKey) async throws(StoreError) {
        try await threads.run { () throws(StoreError) in try self.uploads.remove(upload, key: key) }
    }

    public func listParts(of upload: String, key: ObjectKey) async throws(StoreError) -> [PartReceipt] {
        try await threads.run { () throws(StoreError) in try self.uploads.find(upload, key: key).receipts }
    }

    public func listUploads(prefix: ObjectKey) async throws(StoreError) -> [PendingUpload] {
        try await threads.run { () throws(StoreError) in try self.uploads.list(prefix: prefix) }
    }

    /// Holds what is to be joined against what is there.
    private static func agree(_ parts: [PartReceipt], with pieces: [FileUpload.Piece], key: ObjectKey)
        throws(StoreError) -> [FileUpload.Piece]
    {
        guard parts.map(\.index) == Array(0..<parts.count), !parts.isEmpty else {
            throw StoreError(.refused, "the parts to join are not all of them in order", key: key)
        }
        guard pieces.count == parts.count else {
            throw StoreError(.refused, "\(parts.count) parts are to be joined, \(pieces.count) are there", key: key)
        }
        for (part, piece) in zip(parts, pieces)
        where part.index != piece.index || part.size != piece.size || part.entityTag != piece.receipt.entityTag {
            throw StoreError(.refused, "part \(part.index) is not the one that was sent", key: key)
        }
        return pieces
    }

    /// Lays all parts one behind the other: in `data` itself where they lie there, else in a new file.
    private func join(
        _ pieces: [FileUpload.Piece], of upload: FileUpload, at place: FileTree.Place, key: ObjectKey
    ) throws(StoreError) -> FileDraft {
        try tree.attempt("join the parts", key, writing: true) { () throws(SystemFault) in
            var offset: Int64 = 0
            var inPlace = try stat.of(upload.data).st_dev == stat.of(place.parent).st_dev
            for piece in pieces {
                if piece.file == nil, piece.offset != offset { inPlace = false }
                offset += Int64(piece.size)
            }
            let total = offset
            let target: Descriptor
            let home: FileTree.Place
            if inPlace {
                target = upload.data
                home = FileTree.Place(parent: upload.directory, name: FileUpload.dataName)
            } else {
                let name = FileTree.temporaryPrefix + FileTree.token()
                target = try FileTree.open(name, in: place.parent, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
                home = FileTree.Place(parent: place.parent, name: name)
            }
            // Until it is published, `data` stays for another attempt; a new file goes.
            let draft = FileDraft(place: place, file: target, home: home, keepsFile: inPlace)
            offset = 0
            for piece in pieces {
                if piece.file != nil || !inPlace {
                    let source = try upload.file(of: piece)
                    try FileWriter.copy(
                        Int64(piece.size), from: source, at: piece.file == nil ? piece.offset : 0, to: target,
                        at: offset)
                }
                offset += Int64(piece.size)
            }
            if try stat.of(target).st_size != total, ftruncate(target.raw, off_t(total)) != 0 {
                throw SystemFault("ftruncate")
            }
            return draft
        }
    }

    /// Reads everything back and compares each part with what was acknowledged: after a loss of power the
    /// disk may not hold what the log says. A part that differs is forgotten, so that it can be sent again.
    private func compare(
        _ file: Descriptor, with pieces: [FileUpload.Piece], of upload: FileUpload, whole: Checksum?, key: ObjectKey
    ) throws(StoreError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.slice, alignment: 4096)
        defer { buffer.deallocate() }
        var all: UInt64 = 0
        var offset: Int64 = 0
        for piece in pieces {
            var check = FileCheck()
            let isSame = try tree.attempt("read back", key, writing: true) { () throws(SystemFault) -> Bool in
                var rest = Int(piece.size)
                while rest > 0 {
                    let slice = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)])
                    try FileWriter.get(slice, from: file.raw, at: offset)
                    check.update(UnsafeRawBufferPointer(slice))
                    offset += Int64(slice.count)
                    rest -= slice.count
                }
                if check.value != piece.check { try upload.forget(piece.index) }
                return check.value == piece.check
            }
            all = CRC64NVME.combine(all, piece.check, lengthB: piece.size)
            if !isSame {
                throw StoreError(
                    .checksumRefused, "part \(piece.index) is not on the disk as it arrived; send it again", key: key)
            }
        }
        if let whole, whole.kind == .crc64nvme, whole != FileCheck.checksum(all) {
            throw Self.wrongChecksum(key)
        }
    }
}

extension FileUpload {
    /// The file that holds a part.
    func file(of piece: Piece) throws(SystemFault) -> Descriptor {
        guard let name = piece.file else { return data }
        return try FileTree.open(Array(name.utf8), in: directory, flags: O_RDONLY)
    }
}
