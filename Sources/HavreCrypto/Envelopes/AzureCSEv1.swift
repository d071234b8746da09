/// `azure-cse-v1`: client-side encryption of Azure blobs, protocol 1.0: AES-256-CBC, which authenticates nothing.
public struct AzureCSEv1Format: EnvelopeFormat {
    public let name = "azure-cse-v1"
    private let unwrapping: any KeyUnwrapping

    /// Opens what `unwrapping` has the key for.
    public init(unwrapping: any KeyUnwrapping) { self.unwrapping = unwrapping }

    public func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)? {
        guard try AzureEncryptionData.version(of: object.metadata) == "1.0",
            let text = object.metadata[AzureEncryptionData.name]
        else { return nil }
        let data = try AzureEncryptionData(text)
        guard case .cbc(let iv) = data.content else { return nil }
        let key = try data.contentKey(try await unwrapping.unwrap(data.wrapped))
        return try await WholeCBC.open(object, key: key, iv: iv)
    }
}
