/// Finds the word that somebody most likely meant.
enum NearestWord {
    /// The candidate with the least edit distance to `word`; nil where none is near. The first of equals wins.
    static func to(_ word: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(word.lowercased().unicodeScalars)
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates.prefix(10_000) {
            let letters = Array(candidate.lowercased().unicodeScalars)
            let allowed = max(1, min(wanted.count, letters.count) / 3)
            guard letters.count <= 64, abs(letters.count - wanted.count) <= allowed else { continue }
            let found = distance(wanted, letters)
            if found <= allowed, found < (best?.distance ?? Int.max) { best = (candidate, found) }
        }
        if let best { return best.word }
        // `object` for `object-storage`: what begins alike is near too.
        guard wanted.count >= 3 else { return nil }
        return candidates.first { candidate in
            let letters = candidate.lowercased().unicodeScalars
            return letters.starts(with: wanted) || (letters.count >= 3 && wanted.starts(with: letters))
        }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other
    /// (optimal string alignment).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        if left.isEmpty { return right.count }
        if right.isEmpty { return left.count }
        var before = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1...right.count {
                let same = left[row - 1] == right[column - 1]
                var least = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    least = min(least, before[column - 2] + 1)
                }
                current[column] = least
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
