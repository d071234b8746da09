import Foundation
import TestServers
import Testing

@testable import HavreModel

/// Third parties' vectors, which stay outside the project.
private let vectorFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/vectors/merkle/testdata").standardizedFileURL
private let vectorsArePresent = FileManager.default.fileExists(atPath: vectorFolder.path)

@Suite struct MerkleTreeTests {
    private let tree = MerkleTree(hash: { SHA256.hash($0) })

    private struct Vector: Decodable {
        var leafIdx: UInt64?
        var treeSize: UInt64?
        var start: UInt64?
        var end: UInt64?
        var size: UInt64?
        var size1: UInt64?
        var size2: UInt64?
        var root: String?
        var root1: String?
        var root2: String?
        var leafHash: String?
        var proof: [String]?
        var wantErr: Bool
    }

    private func bytes(_ text: String?) -> [UInt8] {
        guard let text else { return [] }
        return Base64.decode(text) ?? []
    }

    private func vectors(_ folder: String) throws -> [(String, Vector)] {
        let base = vectorFolder.appendingPathComponent(folder)
        let files = try #require(FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }.map {
            ($0.path, try JSONDecoder().decode(Vector.self, from: try Data(contentsOf: $0)))
        }
    }

    private func check(_ folder: String, atLeast count: Int, _ verify: (Vector) throws -> Void) throws {
        let all = try vectors(folder)
        #expect(all.count >= count)
        for (path, vector) in all {
            var failed = false
            do { try verify(vector) } catch is MerkleTree.ProofError { failed = true }
            #expect(failed == vector.wantErr, "\(path)")
        }
    }

    @Test(.enabled(if: vectorsArePresent, "the vectors in ../shared are absent")) func inclusionVectors() throws {
        try check("inclusion", atLeast: 98) { vector in
            try tree.verifyInclusion(
                leafHash: bytes(vector.leafHash), index: vector.leafIdx ?? 0, size: vector.treeSize ?? 0,
                proof: (vector.proof ?? []).map { bytes($0) }, root: bytes(vector.root))
        }
    }

    @Test(.enabled(if: vectorsArePresent, "the vectors in ../shared are absent")) func consistencyVectors() throws {
        try check("consistency", atLeast: 98) { vector in
            try tree.verifyConsistency(
                first: vector.size1 ?? 0, firstRoot: bytes(vector.root1), second: vector.size2 ?? 0,
                secondRoot: bytes(vector.root2), proof: (vector.proof ?? []).map { bytes($0) })
        }
    }

    @Test(.enabled(if: vectorsArePresent, "the vectors in ../shared are absent")) func subtreeInclusionVectors() throws
    {
        try check("subtreeinclusion", atLeast: 200) { vector in
            try tree.verifyInclusion(
                leafHash: bytes(vector.leafHash), index: vector.leafIdx ?? 0, start: vector.start ?? 0,
                end: vector.end ?? 0, proof: (vector.proof ?? []).map { bytes($0) }, root: bytes(vector.root))
        }
    }

    @Test(.enabled(if: vectorsArePresent, "the vectors in ../shared are absent")) func subtreeConsistencyVectors()
        throws
    {
        try check("subtreeconsistency", atLeast: 118) { vector in
            try tree.verifySubtree(
                start: vector.start ?? 0, end: vector.end ?? 0, root: bytes(vector.root1), size: vector.size ?? 0,
                treeRoot: bytes(vector.root2), proof: (vector.proof ?? []).map { bytes($0) })
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Roots that the authors of RFC 6962 publish with their implementation.
    @Test func knownRoots() {
        #expect(hex(tree.root(ofLeafHashes: [])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(tree.leafHash([])) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    }

    /// The recursive definition of RFC 6962 section 2.1.
    private func slowRoot(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        if leaves.isEmpty { return SHA256.hash([]) }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return SHA256.hash([1] + slowRoot(leaves[..<middle]) + slowRoot(leaves[middle...]))
    }

    @Test func everyProofOfSmallTreesHoldsAndNoOther() throws {
        let leaves = (0..<20).map { tree.leafHash([UInt8($0)]) }
        for size in 1...20 {
            let some = leaves[..<size]
            let root = slowRoot(some)
            #expect(tree.root(ofLeafHashes: some) == root)
            for index in 0..<size {
                let proof = tree.inclusionProof(of: index, inLeafHashes: some)
                try tree.verifyInclusion(
                    leafHash: leaves[index], index: UInt64(index), size: UInt64(size), proof: proof, root: root)
                for other in 0..<size where other != index {
                    #expect(throws: MerkleTree.ProofError.self) {
                        try tree.verifyInclusion(
                            leafHash: leaves[index], index: UInt64(other), size: UInt64(size), proof: proof, root: root)
                    }
                }
            }
            for first in 1...size {
                let proof = tree.consistencyProof(from: first, inLeafHashes: some)
                try tree.verifyConsistency(
                    first: UInt64(first), firstRoot: slowRoot(leaves[..<first]), second: UInt64(size), secondRoot: root,
                    proof: proof)
                if !proof.isEmpty {
                    #expect(throws: MerkleTree.ProofError.self) {
                        try tree.verifyConsistency(
                            first: UInt64(first), firstRoot: slowRoot(leaves[..<first]), second: UInt64(size),
                            secondRoot: root, proof: proof.dropLast())
                    }
                }
            }
        }
    }
}
