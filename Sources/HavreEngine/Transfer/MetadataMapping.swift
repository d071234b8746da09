import FoundationEssentials
import HavreModel
import HavreStores

/// What of an object's metadata travels in clear, what goes sealed into the manifest, what is lost.
struct MetadataMapping: Sendable, Hashable {
    /// As metadata of the target object.
    var clear: ObjectMetadata
    /// For the manifest; nil where there is nothing.
    var sealed: ObjectMetadata?
    /// What could not be carried, in words.
    var unmapped: [String]

    /// Sorts `metadata` by the plan's policy and the target's traits. Where nothing is sealed at the target
    /// (`sealing` false), what would be sealed travels in clear, since the data do too.
    init(_ metadata: ObjectMetadata, policy: Dataset.MetadataPolicy, target: StoreTraits, sealing: Bool) {
        clear = ObjectMetadata()
        unmapped = []
        var secret = ObjectMetadata()
        func carriage(_ wanted: Dataset.Carriage) -> Dataset.Carriage {
            wanted == .sealed && !sealing ? .clear : wanted
        }
        func copyHeaders(_ into: inout ObjectMetadata) {
            into.contentType = metadata.contentType
            into.contentEncoding = metadata.contentEncoding
            into.contentLanguage = metadata.contentLanguage
            into.contentDisposition = metadata.contentDisposition
            into.cacheControl = metadata.cacheControl
        }
        let hasHeaders =
            metadata.contentType != nil || metadata.contentEncoding != nil || metadata.contentLanguage != nil
            || metadata.contentDisposition != nil || metadata.cacheControl != nil
        if hasHeaders {
            switch carriage(policy.headers) {
            case .clear where target.keepsHeaders: copyHeaders(&clear)
            case .clear: unmapped.append("content headers")
            case .sealed: copyHeaders(&secret)
            case .dropped: break
            }
        }
        if !metadata.user.isEmpty {
            switch carriage(policy.user) {
            case .clear where target.keepsUserMetadata: clear.user = metadata.user
            case .clear: unmapped.append("user metadata (\(metadata.user.keys.sorted().joined(separator: ", ")))")
            case .sealed: secret.user = metadata.user
            case .dropped: break
            }
        }
        if !metadata.tags.isEmpty {
            switch carriage(policy.tags) {
            case .clear where target.keepsTags: clear.tags = metadata.tags
            case .clear: unmapped.append("tags (\(metadata.tags.keys.sorted().joined(separator: ", ")))")
            case .sealed: secret.tags = metadata.tags
            case .dropped: break
            }
        }
        // Sealed bytes are not what they were: a reader that trusts `Content-Encoding: gzip` would fail on them.
        if sealing, let encoding = clear.contentEncoding {
            clear.contentEncoding = nil
            secret.contentEncoding = encoding
        }
        sealed = secret == ObjectMetadata() ? nil : secret
    }

    /// Reads what `sealedJSON` wrote.
    static func decode(_ json: UnsafeRawBufferPointer) throws -> ObjectMetadata {
        try JSONDecoder().decode(ObjectMetadata.self, from: Data(json))
    }

    /// The sealed part as JSON with sorted keys; empty where there is none.
    func sealedJSON() throws -> [UInt8] {
        guard let sealed else { return [] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(sealed))
    }
}
