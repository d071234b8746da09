import FoundationEssentials
import Glibc
import HavreModel
import TestServers
import Testing

@testable import havre

/// Dry run = run, at a real server: for random trees with random changes, the objects that `apply` touches there are
/// those that `plan` named, in kind and number. A tenth of the trees here, all 200 in `make soak`.
@Suite(.enabled(if: Shipyard.isEquipped, Comment(rawValue: Shipyard.absence)), .ownThreads)
struct DryRunTreesTests {
    private struct Line: Decodable {
        let key: String?
        let action: Diff.Action?
        let cause: String?
    }

    /// A directory as the source, a prefix at a recorded server as the target.
    private struct Tree {
        let yard: Shipyard
        let root: String
        let state: String
        let prefix: String
        let bucket: String
        let berth: Shipyard.Berth
        let front: FaultProxy

        func run(_ words: String...) throws -> Shipyard.Run {
            try Shipyard.spawn(
                [Shipyard.binary] + words + ["--state", state], directory: yard.directory,
                environment: yard.environment)
        }

        /// What lies at the target, Havre's own objects left out.
        func keys() throws -> Set<String> {
            let lead = "\(prefix)"
            return Set(
                try yard.listed(berth).filter { $0.hasPrefix(lead) && !$0.contains("/.havre/") }
                    .map { String($0.dropFirst(lead.count)) })
        }

        /// What reached the target since `before` that writes: kind and key, Havre's own objects left out. A write is the
        /// creation of a key that is not among `there`, and the update of one that is.
        func touched(since before: Int, there: Set<String>) throws -> [String] {
            try front.log().dropFirst(before).compactMap { passed -> String? in
                let kind: String
                switch passed.method {
                case "PUT" where !passed.query.contains("partNumber"): kind = "write"
                // Joining counts as the write; opening an upload and its parts do not.
                case "POST" where passed.query.contains("uploadId"): kind = "write"
                case "DELETE" where !passed.query.contains("uploadId"): kind = "delete"
                default: return nil
                }
                let lead = "/\(bucket)/\(prefix)"
                guard passed.path.hasPrefix(lead), !passed.path.contains("/.havre/") else { return nil }
                let key = String(passed.path.dropFirst(lead.count))
                return "\(kind == "write" ? there.contains(key) ? "update" : "create" : kind) \(key)"
            }.sorted()
        }
    }

    private func plan(_ tree: Tree, server: TestServer) throws {
        try tree.yard.write(
            """
            havre: 1
            name: tree
            providers:
              here: {is: local, service: file, country: FR, law: FR}
              there:
                is: custom
                protocol: s3
                endpoint: "\(tree.front.endpoint)"
                region: us-east-1
                country: FR
                law: FR
                credentials: {accessKey: {env: THERE_KEY}, secretKey: {env: THERE_SECRET}}
            keys:
              ours: {recipient: \(tree.yard.recipient), custodian: {name: Exemple, country: FR, law: FR}}
            workers: {country: FR, law: FR}
            remoteAccess: none
            maxDelete: 1000
            datasets:
              tree:
                class: {personal: false}
                from: {provider: here, bucket: \(tree.root)}
                to: {provider: there, bucket: \(tree.bucket), prefix: "\(tree.prefix)"}
                seal: {format: age, recipients: [ours]}

            """)
    }

    private func put(_ tree: Tree, _ name: String, _ size: Int, _ random: inout SplitMix) throws {
        let path = tree.root + "/" + name
        if let slash = path.lastIndex(of: "/") {
            try FileManager.default.createDirectory(
                atPath: String(path[..<slash]), withIntermediateDirectories: true)
        }
        var bytes = [UInt8](repeating: 0, count: size)
        for index in stride(from: 0, to: size, by: 97) { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        try Data(bytes).write(to: URL(filePath: path))
    }

    @Test(.timeLimit(.minutes(60))) func whatApplyTouchesIsWhatPlanNamed() throws {
        let isSoak = getenv("HAVRE_SOAK").map { String(cString: $0) } == "1"
        let given = getenv("HAVRE_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("dry run trees: HAVRE_SEED=\(seed)")
        var random = SplitMix(seed: seed)
        let server = try TestServer.shared(.seaweedfs)
        let front = try FaultProxy(before: server.port)
        // One bucket for all: SeaweedFS keeps volumes for each, and runs out of them.
        var berth = try Shipyard.Berth(server, through: front)
        var kinds: [String: Int] = [:]
        for number in 0..<(isSoak ? 200 : 20) {
            var yard = try Shipyard()
            defer { try? FileManager.default.removeItem(atPath: yard.directory) }
            berth.prefix = "tree-\(number)/"
            yard.environment["THERE_KEY"] = server.accessKey
            yard.environment["THERE_SECRET"] = server.secretKey
            let tree = Tree(
                yard: yard, root: yard.directory + "/old", state: yard.directory + "/state", prefix: berth.prefix,
                bucket: berth.bucket, berth: berth, front: front)
            try FileManager.default.createDirectory(atPath: tree.root, withIntermediateDirectories: true)
            try plan(tree, server: server)
            var names: [String] = []
            for index in 0..<Int(3 + random.next() % 10) {
                let name = random.next() % 3 == 0 ? "folder/n\(index)" : "n\(index)"
                try put(tree, name, random.next() % 40 == 0 ? (8 << 20) + 9 : Int(random.next() % 5000), &random)
                names.append(name)
            }
            // Something of somebody else is in the way now and then.
            if random.next() % 3 == 0, let name = names.first {
                try yard.put([Shipyard.Item(name, size: 10, seed: number)], berth)
            }
            for round in 0..<2 {
                if round > 0 { try change(tree, &names, &random) }
                let found = try compare(
                    tree, isSaved: random.next() % 2 == 0, "seed \(seed), tree \(number), round \(round)")
                for kind in found { kinds[kind, default: 0] += 1 }
            }
        }
        #expect(kinds["create", default: 0] > 0 && kinds["update", default: 0] > 0, "\(kinds)")
        #expect(kinds["delete", default: 0] > 0 && kinds["blocked", default: 0] > 0, "\(kinds)")
        #expect(kinds["unchanged", default: 0] > 0, "\(kinds)")
    }

    /// Adds, changes and removes some; never most of them, which pruning refuses.
    private func change(_ tree: Tree, _ names: inout [String], _ random: inout SplitMix) throws {
        for name in names where random.next() % 3 == 0 { try put(tree, name, Int(random.next() % 4000), &random) }
        if names.count > 5, random.next() % 2 == 0, let gone = names.popLast() {
            try FileManager.default.removeItem(atPath: tree.root + "/" + gone)
        }
        // Somebody else works at the target too: takes away, writes over, adds.
        let there = try tree.keys().sorted()
        if random.next() % 3 == 0, let gone = there.first {
            try tree.yard.remove([Shipyard.Item(gone, size: 0, seed: 0)], tree.berth)
        }
        if random.next() % 3 == 0, there.count > 1, let other = there.last {
            try tree.yard.put([Shipyard.Item(other, size: 12, seed: 7)], tree.berth)
        }
        if random.next() % 3 == 0 {
            try tree.yard.put([Shipyard.Item("stranger-\(random.next() % 1000)", size: 9, seed: 3)], tree.berth)
        }
        if random.next() % 2 == 0 {
            names.append("new-\(random.next() % 1000)")
            try put(tree, names[names.count - 1], 77, &random)
        }
    }

    /// Plans, applies, and holds what reached the target against what was named. Returns the kinds that were named.
    private func compare(_ tree: Tree, isSaved: Bool, _ place: String) throws -> [String] {
        let listed = try tree.run("plan", tree.yard.plan, "--prune", "--objects", "--json")
        #expect(listed.exit == 0, "\(place): \(listed.words)")
        let lines = try listed.out.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        let named = lines.compactMap { line -> String? in
            guard let key = line.key else { return nil }
            switch line.action {
            case .create: return "create \(key)"
            // What somebody took away is put there anew: an update of what landed, a creation at the server.
            case .update: return line.cause == "missing at the target" ? "create \(key)" : "update \(key)"
            case .delete: return "delete \(key)"
            case .unchanged, .extraneous, .blocked, .skipped, nil: return nil
            }
        }.sorted()
        var file = tree.yard.plan
        if isSaved {
            file = tree.yard.directory + "/saved"
            let saved = try tree.run("plan", tree.yard.plan, "--prune", "-o", file)
            #expect(saved.exit == 0, "\(place): \(saved.words)")
        }
        let before = try tree.front.log().count
        let there = try tree.keys()
        let applied =
            isSaved ? try tree.run("apply", file, "--yes") : try tree.run("apply", file, "--yes", "--prune")
        #expect(applied.exit == 0 || applied.exit == 3, "\(place): \(applied.words)")
        #expect(try tree.touched(since: before, there: there) == named, "\(place)")
        // What is there afterwards is what was there, with what was created and without what was deleted.
        func keys(_ kind: String) -> [String] {
            named.filter { $0.hasPrefix(kind + " ") }.map { String($0.dropFirst(kind.count + 1)) }
        }
        #expect(try tree.keys() == there.union(keys("create")).subtracting(keys("delete")), "\(place)")
        // And then there is nothing left that the run would do.
        let again = try tree.run("plan", tree.yard.plan, "--prune", "--detailed-exitcode")
        #expect(again.exit == 0, "\(place): \(again.words)")
        return lines.compactMap { $0.action?.rawValue }
    }
}
