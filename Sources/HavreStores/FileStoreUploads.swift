import CPosix
import FoundationEssentials
import Glibc
import HavreModel
import Synchronization

/// Uploads in parts under way in one tree: `.havre-uploads/<id>/` with what was asked (`upload.json`),
/// the bytes (`data`), a log of the parts (`parts`) and parts that had no certain place in `data` (`part-…`).
/// All of it survives the process.
///
/// Parts go to where they will lie in the object, so that joining is a rename. Part 0 carries the envelope's
/// header and has a size of its own; all others but the last are equal. A part that arrives before these two
/// sizes are known, does not fit them, or comes a second time, lies in a file of its own until the end.
final class FileUploads: Sendable {
    private let tree: FileTree
    private let open = Mutex<[String: FileUpload]>([:])

    init(tree: FileTree) { self.tree = tree }

    /// What was asked, as `upload.json` holds it.
    struct Intent: Codable, Sendable {
        var key: [UInt8]
        var metadata: ObjectMetadata
        var modified: Int64?
        /// Nanoseconds since 1970 UTC.
        var initiated: Int64
    }

    func create(key: ObjectKey, metadata: ObjectMetadata, modified: Int64?) throws(StoreError) -> String {
        let id = FileTree.token()
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let intent = Intent(
            key: key.bytes, metadata: metadata, modified: modified,
            initiated: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
        let upload = try tree.attempt("begin an upload", key, writing: true) { () throws(SystemFault) in
            let shared = try sharedDirectory()
            let name = id.map { CChar(bitPattern: $0) } + [0]
            if mkdirat(shared.raw, name, 0o700) != 0 { throw SystemFault("mkdirat") }
            let directory = try FileTree.open(id, in: shared, flags: O_RDONLY | O_DIRECTORY)
            return try FileUpload.begin(intent, in: directory)
        }
        let text = String(decoding: id, as: UTF8.self)
        open.withLock { $0[text] = upload }
        return text
    }

    /// The directory of all uploads, made where it is missing.
    private func sharedDirectory() throws(SystemFault) -> Descriptor {
        let text = FileTree.uploads.map { CChar(bitPattern: $0) } + [0]
        while true {
            if mkdirat(tree.root.raw, text, 0o700) != 0, errno != EEXIST { throw SystemFault("mkdirat") }
            do throws(SystemFault) {
                return try FileTree.open(FileTree.uploads, in: tree.root, flags: O_RDONLY | O_DIRECTORY)
            } catch  where error.number == ENOENT {
                // The last upload of another process ended in between.
                continue
            }
        }
    }

    /// The upload `id` of `key`; read from the disk where another process began it.
    func find(_ id: String, key: ObjectKey) throws(StoreError) -> FileUpload {
        let gone = StoreError(.noSuchUpload, "there is no upload \(id)", key: key)
        if let known = open.withLock({ $0[id] }) {
            guard known.intent.key == key.bytes else { throw gone }
            return known
        }
        let upload = try tree.attempt("look at an upload", key) { () throws(SystemFault) -> FileUpload? in
            guard let directory = try directory(of: id) else { return nil }
            return try FileUpload.load(from: directory)
        }
        guard let upload, upload.intent.key == key.bytes else { throw gone }
        return open.withLock { known in
            if let other = known[id] { return other }
            known[id] = upload
            return upload
        }
    }

    /// The directory of one upload; nil where there is none. The id becomes a name: none but our own kind may.
    private func directory(of id: String) throws(SystemFault) -> Descriptor? {
        let name = Array(id.utf8)
        guard name.count == 32, name.allSatisfy(FileTree.isHexDigit) else { return nil }
        do throws(SystemFault) {
            return try tree.open(FileTree.uploads + [0x2f] + name, flags: O_RDONLY | O_DIRECTORY)
        } catch  where error.number == ENOENT {
            return nil
        }
    }

    /// Uploads whose key begins with `prefix`.
    func list(prefix: ObjectKey) throws(StoreError) -> [PendingUpload] {
        try tree.attempt("list uploads", nil) { () throws(SystemFault) in
            let shared: Descriptor
            do throws(SystemFault) {
                shared = try tree.open(FileTree.uploads, flags: O_RDONLY | O_DIRECTORY)
            } catch  where error.number == ENOENT {
                return []
            }
            var found: [PendingUpload] = []
            for name in try FileUpload.names(in: shared) where name.count == 32 {
                guard let directory = try? FileTree.open(name, in: shared, flags: O_RDONLY | O_DIRECTORY),
                    let intent = try FileUpload.intent(in: directory)
                else { continue }
                let key = ObjectKey(intent.key)
                guard key.dropping(prefix: prefix) != nil else { continue }
                let id = String(decoding: name, as: UTF8.self)
                found.append(PendingUpload(key: key, upload: id, initiated: intent.initiated))
            }
            return found
        }
    }

    /// Removes an upload and its parts; nothing happens where it is gone.
    func remove(_ id: String, key: ObjectKey) throws(StoreError) {
        try tree.attempt("end an upload", key, writing: true) { () throws(SystemFault) in
            guard let directory = try directory(of: id),
                let intent = try FileUpload.intent(in: directory), intent.key == key.bytes
            else { return }
            open.withLock { _ = $0.removeValue(forKey: id) }
            // The intent goes last: until then the upload is listed and can be removed again.
            let names = try FileUpload.names(in: directory)
            for name in names.filter({ $0 != FileUpload.intentName }) + [FileUpload.intentName] {
                let text = name.map { CChar(bitPattern: $0) } + [0]
                if unlinkat(directory.raw, text, 0) != 0, errno != ENOENT { throw SystemFault("unlinkat") }
            }
            let shared = try tree.open(FileTree.uploads, flags: O_RDONLY | O_DIRECTORY)
            let text = id.utf8.map { CChar(bitPattern: $0) } + [0]
            if unlinkat(shared.raw, text, AT_REMOVEDIR) != 0, errno != ENOENT { throw SystemFault("unlinkat") }
            // Fails where others are under way, which is as it should be.
            unlinkat(tree.root.raw, FileTree.uploads.map { CChar(bitPattern: $0) } + [0], AT_REMOVEDIR)
        }
    }
}

/// One upload in parts.
final class FileUpload: Sendable {
    static let intentName = Array("upload.json".utf8)
    static let dataName = Array("data".utf8)
    private static let logName = Array("parts".utf8)
    /// Stands in the log for a part that the disk did not keep.
    private static let forgotten = "forgotten"

    /// A part that is on the disk.
    struct Piece: Sendable, Equatable {
        var index: Int
        var size: UInt64
        var check: UInt64
        /// The file of its own; nil lies in `data` where the object will have it.
        var file: String?
        /// Where it lies in `data`.
        var offset: Int64

        var receipt: PartReceipt {
            PartReceipt(
                index: index, entityTag: FileUpload.tag(check, size), size: size,
                checksum: FileCheck.checksum(check))
        }
    }

    /// Where a part is to be written.
    struct Slot: Sendable {
        var file: Descriptor
        var name: String?
        var offset: Int64
    }

    private struct State {
        /// Size of part 0, and of part 1: both are known from the moment their writing begins.
        var first: UInt64?
        var second: UInt64?
        var pieces: [Int: Piece] = [:]
        /// Parts that are being written into `data`.
        var busy: Set<Int> = []
    }

    let directory: Descriptor
    let intent: FileUploads.Intent
    let data: Descriptor
    private let logFile: Descriptor
    private let state: Mutex<State>

    private init(
        directory: Descriptor, intent: FileUploads.Intent, data: Descriptor, log: Descriptor, state: consuming State
    ) {
        self.directory = directory
        self.intent = intent
        self.data = data
        logFile = log
        self.state = Mutex(state)
    }

    static func tag(_ check: UInt64, _ size: UInt64) -> String {
        "\(String(check, radix: 16))-\(String(size, radix: 16))"
    }

    static func begin(_ intent: FileUploads.Intent, in directory: Descriptor) throws(SystemFault) -> FileUpload {
        let data = try FileTree.open(dataName, in: directory, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        let log = try FileTree.open(logName, in: directory, flags: O_RDWR | O_APPEND | O_CREAT | O_EXCL, mode: 0o600)
        guard let text = try? JSONEncoder().encode(intent) else { throw SystemFault("JSON", number: EINVAL) }
        let file = try FileTree.open(intentName, in: directory, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try Array(text).withUnsafeBufferPointer { bytes throws(SystemFault) in
            try FileWriter.put(UnsafeRawBufferPointer(bytes), into: file, at: 0)
        }
        if fsync(file.raw) != 0 || fsync(directory.raw) != 0 { throw SystemFault("fsync") }
        return FileUpload(directory: directory, intent: intent, data: data, log: log, state: State())
    }

    /// Reads an upload from the disk; nil where it is none, or was joined already.
    static func load(from directory: Descriptor) throws(SystemFault) -> FileUpload? {
        guard let intent = try intent(in: directory) else { return nil }
        let data: Descriptor
        do throws(SystemFault) {
            data = try FileTree.open(dataName, in: directory, flags: O_RDWR)
        } catch  where error.number == ENOENT {
            return nil
        }
        let log = try FileTree.open(logName, in: directory, flags: O_RDWR | O_APPEND)
        var state = State()
        let text = try contents(of: log)
        for line in text.split(separator: 0x0a) {
            guard let (piece, first, second) = Piece.read(line) else { continue }
            state.pieces[piece.index] = piece.file == forgotten ? nil : piece
            (state.first, state.second) = (first, second)
        }
        // A line that was cut off must not swallow the next one.
        if let last = text.last, last != 0x0a { try append("\n", to: log) }
        return FileUpload(directory: directory, intent: intent, data: data, log: log, state: state)
    }

    static func intent(in directory: Descriptor) throws(SystemFault) -> FileUploads.Intent? {
        do throws(SystemFault) {
            let file = try FileTree.open(intentName, in: directory, flags: O_RDONLY)
            return try? JSONDecoder().decode(FileUploads.Intent.self, from: Data(try contents(of: file)))
        } catch  where error.number == ENOENT {
            return nil
        }
    }

    /// The names in a small directory.
    static func names(in directory: Descriptor) throws(SystemFault) -> [[UInt8]] {
        let copy = try FileTree.open([0x2e], in: directory, flags: O_RDONLY | O_DIRECTORY)
        let raw = fcntl(copy.raw, F_DUPFD_CLOEXEC, 0)
        guard raw >= 0 else { throw SystemFault("fcntl") }
        guard let stream = fdopendir(raw) else {
            let fault = SystemFault("fdopendir")
            close(raw)
            throw fault
        }
        defer { closedir(stream) }
        var found: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemFault("readdir") }
                return found
            }
            let name = FileListing.name(of: entry)
            if name != [0x2e], name != [0x2e, 0x2e] { found.append(name) }
        }
    }

    private static func contents(of file: Descriptor) throws(SystemFault) -> [UInt8] {
        let size = Int(try stat.of(file).st_size)
        var bytes = [UInt8](repeating: 0, count: size)
        try bytes.withUnsafeMutableBufferPointer { room throws(SystemFault) in
            try FileWriter.get(UnsafeMutableRawBufferPointer(room), from: file.raw, at: 0)
        }
        return bytes
    }

    private static func append(_ text: String, to log: Descriptor) throws(SystemFault) {
        let bytes = Array(text.utf8)
        let count = try bytes.withUnsafeBufferPointer { room throws(SystemFault) in
            try uninterrupted("write") { Glibc.write(log.raw, room.baseAddress, room.count) }
        }
        if count != bytes.count { throw SystemFault("write", number: ENOSPC) }
    }

    // MARK: Parts

    var receipts: [PartReceipt] {
        state.withLock { $0.pieces.values.sorted { $0.index < $1.index }.map(\.receipt) }
    }

    /// Where part `index` is to go.
    func slot(for index: Int, size: UInt64) throws(SystemFault) -> Slot {
        let offset: Int64? = state.withLock { state in
            if index == 0, state.first == nil { state.first = size }
            if index == 1, state.second == nil { state.second = size }
            guard state.pieces[index] == nil, !state.busy.contains(index), let first = state.first else { return nil }
            let place: UInt64
            switch index {
            case 0:
                guard size == first else { return nil }
                place = 0
            case 1:
                guard size == state.second else { return nil }
                place = first
            default:
                guard let second = state.second, size <= second else { return nil }
                place = first + UInt64(index - 1) * second
            }
            state.busy.insert(index)
            return Int64(place)
        }
        if let offset { return Slot(file: data, name: nil, offset: offset) }
        let name = "part-\(index)-\(String(decoding: FileTree.token(), as: UTF8.self))"
        let file = try FileTree.open(
            Array(name.utf8), in: directory, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        return Slot(file: file, name: name, offset: 0)
    }

    /// Gives a slot back whose bytes did not arrive.
    func drop(_ slot: Slot, of index: Int) {
        if let name = slot.name {
            unlinkat(directory.raw, name, 0)
        } else {
            state.withLock { _ = $0.busy.remove(index) }
        }
    }

    /// Records a part whose bytes are written. From now on `listParts` shows it, in a later process too.
    func record(_ piece: Piece) throws(SystemFault) {
        try log(piece)
        let former = state.withLock { state in
            state.busy.remove(piece.index)
            return state.pieces.updateValue(piece, forKey: piece.index)
        }
        if let name = former?.file { unlinkat(directory.raw, name, 0) }
    }

    /// Forgets a part that the disk did not keep.
    func forget(_ index: Int) throws(SystemFault) {
        try log(Piece(index: index, size: 0, check: 0, file: Self.forgotten, offset: 0))
        state.withLock { _ = $0.pieces.removeValue(forKey: index) }
    }

    /// One line, in one call: index, size, CRC, place, the two sizes that places follow from, and a dot that
    /// tells a whole line from one that was cut off.
    private func log(_ piece: Piece) throws(SystemFault) {
        let (first, second) = state.withLock { ($0.first, $0.second) }
        func text(_ size: UInt64?) -> String { size.map { String($0) } ?? "-" }
        let place = piece.file ?? "data"
        let line = [
            "\(piece.index)", "\(piece.size)", String(piece.check, radix: 16), place, "\(piece.offset)", text(first),
            text(second), ".",
        ]
        try Self.append(line.joined(separator: " ") + "\n", to: logFile)
    }

    var pieces: [Piece] { state.withLock { $0.pieces.values.sorted { $0.index < $1.index } } }
}

extension FileUpload.Piece {
    /// Reads a line of the log; nil where it was cut off or is none.
    static func read(_ line: ArraySlice<UInt8>) -> (piece: Self, first: UInt64?, second: UInt64?)? {
        let fields = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 8, fields[7] == ".", let index = Int(fields[0]), index >= 0,
            let size = UInt64(fields[1]), let check = UInt64(fields[2], radix: 16), let offset = Int64(fields[4])
        else { return nil }
        let file = fields[3] == "data" ? nil : fields[3]
        let piece = Self(index: index, size: size, check: check, file: file, offset: offset)
        return (piece, UInt64(fields[5]), UInt64(fields[6]))
    }
}
