import HavreModel
import HavreStores
import Synchronization

/// Which keys a store keeps as they are.
extension ProbeRun {
    /// Tries a key of each hazard, all at one time.
    func keys(_ result: inout Prober.Result) async throws {
        var fates: [KeyHazard: Fate] = [:]
        // A key over 1,024 bytes is beyond S3 itself, and an empty one names nothing.
        fates[.empty] = .broken
        await withTaskGroup(of: (KeyHazard, Fate).self) { group in
            group.addTask { (.shadowed, await self.fate { try await self.keepsShadow() }) }
            for hazard in KeyHazard.allCases where !ProbeKeys.samples(of: hazard, under: root).isEmpty {
                group.addTask { (hazard, await self.fate(of: hazard)) }
            }
            for await (hazard, fate) in group { fates[hazard] = fate }
        }
        if fates[.overlongKey] == .untried { fates[.overlongKey] = .broken }
        func hazards(_ fate: Fate) -> Set<KeyHazard> { Set(fates.filter { $0.value == fate }.keys) }
        result.traits.keeps = hazards(.kept)
        result.traits.breaks = hazards(.broken)
        func words(_ fate: Fate) -> String {
            hazards(fate).subtracting([.empty, .overlongKey]).map(\.words).sorted().joined(separator: ", ")
        }
        let (broken, untried) = (words(.broken), words(.untried))
        if !broken.isEmpty { result.findings.append(.init("keys", .note, "not kept, so blocked: \(broken)")) }
        if !untried.isEmpty {
            result.findings.append(
                .init("keys", .note, "could not be tried, so blocked until `doctor` runs again: \(untried)"))
        }
        if broken.isEmpty && untried.isEmpty { result.findings.append(.init("keys", .good, "arrive as they left")) }
    }

    /// What becomes of keys with a hazard.
    private enum Fate {
        case kept, broken
        /// The store had a fault, which tells nothing about the key.
        case untried
    }

    private func fate(_ body: () async throws -> Bool) async -> Fate {
        do {
            return try await body() ? .kept : .broken
        } catch {
            let mayPass = (error as? StoreError)?.isRetryable ?? false
            return mayPass ? .untried : .broken
        }
    }

    private func fate(of hazard: KeyHazard) async -> Fate {
        for index in ProbeKeys.samples(of: hazard, under: root).indices {
            // A folder a sample: what a store made of another key must not be taken for this one's.
            let folder = key("\(hazard.rawValue)-\(index)/")
            let sample = ProbeKeys.samples(of: hazard, under: folder)[index]
            let fate = await fate { try await keepsKey(sample, in: folder) }
            if fate != .kept { return fate }
        }
        return .kept
    }

    /// Whether exactly this key is listed, read and deleted again.
    private func keepsKey(_ key: ObjectKey, in folder: ObjectKey) async throws -> Bool {
        let content = key.description
        try await put(plainStore, key, content)
        guard try await text(key) == content else { return false }
        var listed = false
        // A key outside the probe's folder (a leading slash) must not show up inside it under another name.
        for prefix in Set([folder, key.bytes.starts(with: folder.bytes) ? folder : key]) {
            let listing = plainStore.listing(prefix: prefix)
            while let page = try await listing.next() {
                for entry in page {
                    if entry.key == key { listed = true } else { return false }
                }
            }
        }
        try await plainStore.delete(key)
        written.withLock { _ = $0.remove(key) }
        return listed
    }

    private func keepsShadow() async throws -> Bool {
        try await put(plainStore, key("shadow"), "file")
        try await put(plainStore, key("shadow/below"), "below")
        let (above, below) = (try await text(key("shadow")), try await text(key("shadow/below")))
        return above == "file" && below == "below"
    }
}
