import Glibc

/// Paths of a plan, handled as text: nothing here asks the file system, the working directory excepted.
enum FilePaths {
    /// `path` without `.`, `..`, doubled and trailing slashes; where it is relative, below `directory`.
    static func resolve(_ path: String, in directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        var components: [Substring] = []
        for component in whole.split(separator: "/") {
            switch component {
            case ".": continue
            case "..": _ = components.popLast()
            default: components.append(component)
            }
        }
        return "/" + components.joined(separator: "/")
    }

    /// The directory that `file` lies in, absolute.
    static func directory(of file: String) -> String {
        resolve(file + "/..", in: workingDirectory)
    }

    /// The working directory.
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
