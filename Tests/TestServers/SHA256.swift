import Crypto

/// SHA-256 for rooms whose hash is injected.
public enum SHA256 {
    /// The digest, 32 bytes.
    public static func hash(_ message: [UInt8]) -> [UInt8] { Array(Crypto.SHA256.hash(data: message)) }
}
