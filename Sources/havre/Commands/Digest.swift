import ArgumentParser
import HavreCrypto
import HavreModel

/// Digests files as manifests do.
struct Digest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a file's digest and size as Havre states them.",
        discussion: """
            Up to 8 MiB: sha256, the plain SHA-256. Above: merkle8m, the root of the RFC
            6962 Merkle tree over leaves of 8 MiB with SHA-256. Such a digest gives a
            small file away to whoever can guess it; treat it as the file.

            Examples:

              havre digest letter.txt
              havre digest --json export/*.csv
              tar c export | havre digest
            """)

    @Argument(help: "Files. Default: stdin.")
    var files: [String] = []

    @OptionGroup var output: Output

    func run() throws {
        let digester = try FileDigester()
        let results = try (files.isEmpty ? ["-"] : files).map { try digester.digest($0) }
        try output.emit(DigestResult(files: results))
    }
}

/// Digests of some files.
struct DigestResult: CommandResult {
    /// One for each file, in the order in which they were named.
    let files: [FileDigest]

    var description: String { files.map { "\($0.digest)  \($0.size)  \($0.file)" }.joined(separator: "\n") }
}

/// The digest of one file.
struct FileDigest: Encodable, Sendable {
    /// The file as it was named; `-` is stdin.
    let file: String
    /// `sha256:` or `merkle8m:` and 64 hex digits.
    let digest: String
    /// Its size in bytes.
    let size: UInt64
}

/// Digests streams whose size is not known before.
struct FileDigester {
    private let leaves: LeafDigester

    init() throws { leaves = try LeafDigester() }

    /// The digest of the file at `path`; `-` is stdin.
    func digest(_ path: String) throws -> FileDigest {
        let source = try ByteSource(path: path)
        var held: [UInt8] = []
        var size: UInt64 = 0
        var isLarge = false
        // The first leaf is held until it is known whether there is more: a file of one leaf has a plain SHA-256.
        try source.read { bytes in
            size += UInt64(bytes.count)
            if isLarge { return leaves.update(bytes) }
            held += bytes
            guard held.count > LeafDigester.leafSize else { return }
            isLarge = true
            leaves.begin()
            held.withUnsafeBytes { leaves.update($0) }
            held = []
        }
        if !isLarge {
            leaves.begin(wantsSingle: true)
            held.withUnsafeBytes { leaves.update($0) }
        }
        let digests = leaves.finish()
        if let single = digests.single {
            return FileDigest(file: path, digest: "sha256:" + HexText.of(single), size: size)
        }
        let root = MerkleTree(hash: HashFunction.sha256).root(ofLeafHashes: (0..<digests.leafCount).map(digests.leaf))
        return FileDigest(file: path, digest: "merkle8m:" + HexText.of(root), size: size)
    }
}
