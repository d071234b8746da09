import Glibc
import HavreModel

/// Finds the plans of an estate: every YAML file below some directories that says it is one, and the state directories
/// beside them, of plans that are gone too.
enum PlanWalk {
    /// What was found.
    struct Estate: Sendable {
        /// Plans in order; what was named as a file counts whatever it holds.
        var plans: [String] = []
        /// State directories below the directories that were named.
        var states: [String] = []
    }

    /// Looks below `roots`. Throws where a path is not there.
    static func estate(_ roots: [String]) throws -> Estate {
        var found = Estate()
        for root in roots {
            var info = stat()
            guard stat(root, &info) == 0 else {
                throw CommandFailure(.usage, "\(root): \(String(cString: strerror(errno)))")
            }
            if info.st_mode & S_IFMT == S_IFDIR {
                walk(root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root, &found)
            } else {
                found.plans.append(root)
            }
        }
        var seen: Set<String> = []
        found.plans = found.plans.filter {
            seen.insert(FilePaths.resolve($0, in: FilePaths.workingDirectory)).inserted
        }
        return found
    }

    /// Plan files as they were executed from a state directory (`PlanSession.keepExecuted`), by their hash.
    private static func executed(_ state: String) -> [(hash: String, path: String)] {
        let folder = PlanSession.executedPlans(state)
        return names(folder).filter { $0.hasSuffix(".yaml") }.map { (String($0.dropLast(5)), folder + "/" + $0) }
    }

    /// The plan file of `hash` as it was executed from a state directory; the last one kept where `hash` is nil.
    static func executed(_ state: String, _ hash: String?) -> String? {
        let kept = executed(state)
        guard let hash else { return kept.last?.path }
        return kept.first { $0.hash == hash }?.path
    }

    /// Directories are walked in order of name; symbolic links and hidden ones are not followed.
    private static func walk(_ root: String, _ found: inout Estate) {
        var open = [root]
        while let directory = open.popLast() {
            var below: [String] = []
            let home = directory.hasSuffix("/") ? directory : directory + "/"
            found.states += names(home + ".havre").filter { !$0.hasPrefix(".") }.map { home + ".havre/" + $0 }
            // A state directory that is not hidden; what it holds was executed, and is no plan of its own.
            let isState = access(home + "journal.sqlite", F_OK) == 0
            if isState { found.states.append(directory) }
            for name in names(directory) where !name.hasPrefix(".") && !(isState && name == "plans") {
                let path = home + name
                var info = stat()
                guard lstat(path, &info) == 0 else { continue }
                if info.st_mode & S_IFMT == S_IFDIR {
                    below.append(path)
                } else if info.st_mode & S_IFMT == S_IFREG, name.hasSuffix(".yaml") || name.hasSuffix(".yml"),
                    isPlan(path)
                {
                    found.plans.append(path)
                }
            }
            open += below.reversed()
        }
    }

    private static func names(_ directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names.sorted()
    }

    /// Whether a file says at its top level that it is a plan: `havre:` and `datasets:`. A broken one that does is one.
    private static func isPlan(_ path: String) -> Bool {
        guard let bytes = try? FileBytes.read(path) else { return false }
        var keys: Set<String> = []
        for line in bytes.split(separator: 0x0a) {
            for key in ["havre:", "datasets:"] where line.starts(with: key.utf8) { keys.insert(key) }
        }
        return keys.count == 2
    }
}
