/// Merkle trees and their proofs after RFC 6962 section 2.1 (verification as in RFC 9162 section 2.1.3 and 2.1.4).
/// The hash is injected: SHA-256 everywhere in Havre.
public struct MerkleTree: Sendable {
    private let hash: @Sendable ([UInt8]) -> [UInt8]
    /// The root of no leaves: H().
    let emptyRoot: [UInt8]
    /// Bytes of a hash.
    private var width: Int { emptyRoot.count }

    /// Trees over `hash`.
    public init(hash: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.hash = hash
        emptyRoot = hash([])
    }

    /// A proof that does not hold.
    public struct ProofError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong with it.
        public let reason: String
        public var description: String { "the proof does not hold: \(reason)" }
    }

    /// The hash of a leaf over its data: H(0x00 ‖ data).
    public func leafHash(_ data: [UInt8]) -> [UInt8] { hash([0] + data) }

    /// The hash of a node over its children: H(0x01 ‖ left ‖ right).
    public func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { hash([1] + left + right) }

    /// The root over leaf hashes; H() for no leaves.
    public func root(ofLeafHashes leaves: some Collection<[UInt8]>) -> [UInt8] {
        var frontier = MerkleFrontier(self)
        for leaf in leaves { frontier.append(leafHash: leaf) }
        return frontier.root
    }

    // MARK: Making proofs

    /// The path from leaf `index` to the root. Needs all leaf hashes at hand.
    public func inclusionProof(of index: Int, inLeafHashes leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1, index >= 0, index < leaves.count else { return [] }
        let split = Self.split(leaves.count)
        let middle = leaves.startIndex + split
        return index < split
            ? inclusionProof(of: index, inLeafHashes: leaves[..<middle]) + [root(ofLeafHashes: leaves[middle...])]
            : inclusionProof(of: index - split, inLeafHashes: leaves[middle...])
                + [root(ofLeafHashes: leaves[..<middle])]
    }

    /// The proof that the tree of the first `size` leaves is a beginning of this one. Needs all leaf hashes at hand.
    public func consistencyProof(from size: Int, inLeafHashes leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard size > 0, size < leaves.count else { return [] }
        return subproof(size, leaves, isWhole: true)
    }

    private func subproof(_ size: Int, _ leaves: ArraySlice<[UInt8]>, isWhole: Bool) -> [[UInt8]] {
        if size == leaves.count { return isWhole ? [] : [root(ofLeafHashes: leaves)] }
        let split = Self.split(leaves.count)
        let middle = leaves.startIndex + split
        return size <= split
            ? subproof(size, leaves[..<middle], isWhole: isWhole) + [root(ofLeafHashes: leaves[middle...])]
            : subproof(size - split, leaves[middle...], isWhole: false) + [root(ofLeafHashes: leaves[..<middle])]
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }

    // MARK: Checking proofs

    /// Checks that the leaf stands at `index` of the tree of `size` leaves with this root.
    public func verifyInclusion(
        leafHash: [UInt8], index: UInt64, size: UInt64, proof: [[UInt8]], root: [UInt8]
    ) throws(ProofError) {
        try check(leafHash)
        try check(root)
        guard index < size else { throw ProofError(reason: "there is no leaf \(index) among \(size)") }
        var position = index
        var last = size - 1
        var computed = leafHash
        for element in proof {
            guard last != 0 else { throw ProofError(reason: "it has more hashes than the tree has levels") }
            try check(element)
            if position & 1 == 1 || position == last {
                computed = nodeHash(element, computed)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                computed = nodeHash(computed, element)
            }
            position >>= 1
            last >>= 1
        }
        guard last == 0 else { throw ProofError(reason: "it ends before the root") }
        guard computed == root else { throw ProofError(reason: "it leads to another root") }
    }

    /// Checks that the tree of `first` leaves is a beginning of the one of `second` leaves.
    public func verifyConsistency(
        first: UInt64, firstRoot: [UInt8], second: UInt64, secondRoot: [UInt8], proof: [[UInt8]]
    ) throws(ProofError) {
        guard first <= second else { throw ProofError(reason: "the first tree is larger than the second") }
        guard first > 0 || second == 0 else { throw ProofError(reason: "every tree begins with the empty one") }
        if first == second {
            guard proof.isEmpty else { throw ProofError(reason: "equal trees need no hashes") }
            guard firstRoot == secondRoot else { throw ProofError(reason: "equal sizes with unequal roots") }
            guard first > 0 || firstRoot == emptyRoot else {
                throw ProofError(reason: "the root is not that of an empty tree")
            }
            return
        }
        try verifySubtree(start: 0, end: first, root: firstRoot, size: second, treeRoot: secondRoot, proof: proof)
    }

    /// Checks that the leaves from `start` up to `end` of the tree of `size` leaves make the subtree with this root
    /// (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency Proofs").
    public func verifySubtree(
        start: UInt64, end: UInt64, root: [UInt8], size: UInt64, treeRoot: [UInt8], proof: [[UInt8]]
    ) throws(ProofError) {
        guard Self.isSubtree(start, end), end <= size else {
            throw ProofError(reason: "from \(start) to \(end) there is no subtree among \(size) leaves")
        }
        if start == end {
            guard proof.isEmpty else { throw ProofError(reason: "an empty subtree needs no hashes") }
            guard root == emptyRoot else { throw ProofError(reason: "the root is not that of an empty tree") }
            return
        }
        var left = start
        var right = end - 1
        var last = size - 1
        if right == last {
            while left != right { (left, right, last) = (left >> 1, right >> 1, last >> 1) }
        } else {
            while left != right && right & 1 == 1 { (left, right, last) = (left >> 1, right >> 1, last >> 1) }
        }
        var rest = proof[...]
        var computed = root
        if left != right {
            guard let seed = rest.popFirst() else { throw ProofError(reason: "it ends before it begins") }
            try check(seed)
            computed = seed
        }
        var computedTree = computed
        for element in rest {
            guard last != 0 else { throw ProofError(reason: "it has more hashes than the tree has levels") }
            try check(element)
            if right & 1 == 1 || right == last {
                if left < right { computed = nodeHash(element, computed) }
                computedTree = nodeHash(element, computedTree)
                while right & 1 == 0 && right != 0 { (left, right, last) = (left >> 1, right >> 1, last >> 1) }
            } else {
                computedTree = nodeHash(computedTree, element)
            }
            (left, right, last) = (left >> 1, right >> 1, last >> 1)
        }
        guard last == 0 else { throw ProofError(reason: "it ends before the root") }
        guard computed == root else { throw ProofError(reason: "it leads to another root of the beginning") }
        guard computedTree == treeRoot else { throw ProofError(reason: "it leads to another root") }
    }

    /// Checks that the leaf stands at `index` of the whole tree, by its path within the subtree from `start` to `end`.
    public func verifyInclusion(
        leafHash: [UInt8], index: UInt64, start: UInt64, end: UInt64, proof: [[UInt8]], root: [UInt8]
    ) throws(ProofError) {
        guard Self.isSubtree(start, end), (start..<end).contains(index) else {
            throw ProofError(reason: "from \(start) to \(end) there is no subtree that holds leaf \(index)")
        }
        try verifyInclusion(leafHash: leafHash, index: index - start, size: end - start, proof: proof, root: root)
    }

    /// A subtree begins at a multiple of the power of two that holds it.
    private static func isSubtree(_ start: UInt64, _ end: UInt64) -> Bool {
        guard start <= end else { return false }
        let count = end - start
        guard count > 1 else { return true }
        let bits = UInt64.bitWidth - (count - 1).leadingZeroBitCount
        return bits == UInt64.bitWidth ? start == 0 : start & ((1 << UInt64(bits)) - 1) == 0
    }

    private func check(_ element: [UInt8]) throws(ProofError) {
        guard element.count == width else {
            throw ProofError(reason: "a hash of \(element.count) bytes where \(width) are due")
        }
    }
}

/// The right edge of a growing tree: all that is needed to go on, one hash a level.
public struct MerkleFrontier: Sendable {
    private let tree: MerkleTree
    /// Roots of whole subtrees from left to right, each half the size of the one before at most.
    private var edge: [[UInt8]] = []
    /// Leaves so far.
    public private(set) var count: UInt64 = 0

    /// An empty tree.
    public init(_ tree: MerkleTree) { self.tree = tree }

    /// Adds a leaf by its hash.
    public mutating func append(leafHash: [UInt8]) {
        var node = leafHash
        var size = count
        while size & 1 == 1 {
            if let left = edge.popLast() { node = tree.nodeHash(left, node) }
            size >>= 1
        }
        edge.append(node)
        count += 1
    }

    /// The root of what was added.
    public var root: [UInt8] {
        guard var node = edge.last else { return tree.emptyRoot }
        for left in edge.dropLast().reversed() { node = tree.nodeHash(left, node) }
        return node
    }
}
