import CPosix
import FoundationEssentials
import Glibc
import HavreModel

/// Metadata of a file, kept in extended attributes: `user.havre` holds the marker as it is,
/// `user.havre.meta` the rest as JSON.
enum FileMetadata {
    private static let markerName = "user.havre"
    private static let restName = "user.havre.meta"
    /// User metadata under this name are the marker.
    private static let markerKey = "havre"

    /// Whether files beneath this directory can bear them; asks without writing.
    static func isSupported(under directory: Descriptor) -> Bool {
        fgetxattr(directory.raw, markerName, nil, 0) >= 0 || errno == ENODATA
    }

    /// Puts metadata on an open file.
    static func put(_ metadata: ObjectMetadata, on file: Descriptor) throws(SystemFault) {
        var rest = metadata
        if let marker = rest.user.removeValue(forKey: markerKey) {
            try set(markerName, Array(marker.utf8), on: file)
        }
        guard rest != ObjectMetadata() else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(rest) else {
            throw SystemFault("JSON", number: EINVAL)
        }
        try set(restName, Array(text), on: file)
    }

    /// Reads what lies on an open file; attributes that are not ours to read count as none.
    static func get(from file: Descriptor) throws(SystemFault) -> (metadata: ObjectMetadata, marker: Marker?) {
        var metadata = ObjectMetadata()
        if let text = try value(restName, of: file),
            let read = try? JSONDecoder().decode(ObjectMetadata.self, from: Data(text))
        {
            metadata = read
        }
        var marker: Marker?
        if let text = try value(markerName, of: file) {
            let token = String(decoding: text, as: UTF8.self)
            marker = Marker(token: token)
            metadata.user[markerKey] = token
        }
        return (metadata, marker)
    }

    private static func set(_ name: String, _ value: [UInt8], on file: Descriptor) throws(SystemFault) {
        let result = value.withUnsafeBytes { fsetxattr(file.raw, name, $0.baseAddress, $0.count, 0) }
        guard result != 0 else { return }
        let fault = SystemFault("fsetxattr")
        // One block holds all attributes of a file on ext4, which then says ENOSPC.
        let isTooLong = [E2BIG, ERANGE].contains(fault.number) || (fault.number == ENOSPC && value.count > 1024)
        throw isTooLong ? SystemFault("fsetxattr", number: E2BIG) : fault
    }

    private static func value(_ name: String, of file: Descriptor) throws(SystemFault) -> [UInt8]? {
        // The kernel allows 64 KiB a value.
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = buffer.withUnsafeMutableBytes { fgetxattr(file.raw, name, $0.baseAddress, $0.count) }
            if count >= 0 { return Array(buffer.prefix(count)) }
            if errno == ERANGE, buffer.count < 65536 {
                buffer = [UInt8](repeating: 0, count: 65536)
            } else if errno == ENODATA || errno == ENOTSUP || errno == EPERM {
                return nil
            } else {
                throw SystemFault("fgetxattr")
            }
        }
    }
}
