import COpenSSL

/// An OpenSSL context of an authenticated cipher: fetched once, re-keyed seldom, restarted by nonce alone.
///
/// Every seal of Havre runs through it, in bulk and in one shot. Nonces are 12 bytes, tags 16.
struct AEADContext: ~Copyable {
    enum Algorithm {
        /// RFC 8439.
        case chacha20Poly1305
        /// NIST SP 800-38D.
        case aes256GCM

        var name: String {
            switch self {
            case .chacha20Poly1305: "ChaCha20-Poly1305"
            case .aes256GCM: "AES-256-GCM"
            }
        }
    }

    enum Direction: Int32 { case open = 0, seal = 1 }

    static let keySize = 32
    static let nonceSize = 12
    static let tagSize = 16
    // OpenSSL counts in Int32.
    private static let mostAtOnce = 1 << 30

    private let context: OpaquePointer
    private let direction: Direction

    init(_ algorithm: Algorithm, _ direction: Direction) throws(CryptoError) {
        guard let cipher = EVP_CIPHER_fetch(nil, algorithm.name, nil) else {
            throw CryptoError(.internalFailure, "OpenSSL offers no \(algorithm.name)")
        }
        defer { EVP_CIPHER_free(cipher) }
        guard let context = EVP_CIPHER_CTX_new() else {
            throw CryptoError(.internalFailure, "OpenSSL gave no cipher context")
        }
        guard EVP_CipherInit_ex2(context, cipher, nil, nil, direction.rawValue, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw CryptoError(.internalFailure, "OpenSSL refused \(algorithm.name)")
        }
        self.context = context
        self.direction = direction
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Sets the key, 32 bytes. A nonce must follow before any data.
    func setKey(_ key: UnsafeRawBufferPointer) throws(CryptoError) {
        guard key.count == Self.keySize else { throw CryptoError(.internalFailure, "a key is not of 32 bytes") }
        let start = key.assumingMemoryBound(to: UInt8.self).baseAddress
        try check(EVP_CipherInit_ex2(context, nil, start, nil, -1, nil))
    }

    /// Begins a message under `nonce`, 12 bytes.
    func start(nonce: UnsafePointer<UInt8>) throws(CryptoError) {
        try check(EVP_CipherInit_ex2(context, nil, nil, nonce, -1, nil))
    }

    /// Adds associated data; before any data.
    func authenticate(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        var at = 0
        while at < bytes.count {
            let take = min(bytes.count - at, Self.mostAtOnce)
            var written: Int32 = 0
            let source = bytes.assumingMemoryBound(to: UInt8.self).baseAddress.map { $0 + at }
            try check(EVP_CipherUpdate(context, nil, &written, source, Int32(take)))
            at += take
        }
    }

    /// Runs `bytes` through the cipher into `out`, which may be the same memory and holds as many bytes at least.
    func update(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) throws(CryptoError) {
        var at = 0
        while at < bytes.count {
            let take = min(bytes.count - at, Self.mostAtOnce)
            var written: Int32 = 0
            let source = bytes.assumingMemoryBound(to: UInt8.self).baseAddress.map { $0 + at }
            let target = (out + at).assumingMemoryBound(to: UInt8.self)
            try check(EVP_CipherUpdate(context, target, &written, source, Int32(take)))
            guard written == take else { throw CryptoError(.internalFailure, "OpenSSL kept bytes back") }
            at += take
        }
    }

    /// Ends a sealed message: writes the tag, 16 bytes.
    func finish(tag: UnsafeMutableRawPointer) throws(CryptoError) {
        var written: Int32 = 0
        var nothing: (UInt64, UInt64) = (0, 0)
        try check(
            withUnsafeMutableBytes(of: &nothing) {
                EVP_CipherFinal_ex(context, $0.assumingMemoryBound(to: UInt8.self).baseAddress, &written)
            })
        try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag))
    }

    /// Ends an opened message: whether the tag, 16 bytes, is right. If not, what was opened is worth nothing.
    func verify(tag: UnsafeRawPointer) throws(CryptoError) -> Bool {
        try check(
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), UnsafeMutableRawPointer(mutating: tag)))
        var written: Int32 = 0
        var nothing: (UInt64, UInt64) = (0, 0)
        let good = withUnsafeMutableBytes(of: &nothing) {
            EVP_CipherFinal_ex(context, $0.assumingMemoryBound(to: UInt8.self).baseAddress, &written)
        }
        if good != 1 { ERR_clear_error() }
        return good == 1
    }

    private func check(_ result: Int32) throws(CryptoError) {
        guard result == 1 else {
            ERR_clear_error()
            throw CryptoError(.internalFailure, "OpenSSL failed in an authenticated cipher")
        }
    }
}

extension AEADContext {
    /// Seals in one shot: ciphertext ‖ tag.
    static func seal(
        _ algorithm: Algorithm, key: UnsafeRawBufferPointer, nonce: [UInt8], associated: [UInt8],
        _ plain: UnsafeRawBufferPointer
    ) throws(CryptoError) -> [UInt8] {
        guard nonce.count == nonceSize else { throw CryptoError(.internalFailure, "a nonce is not of 12 bytes") }
        let context = try AEADContext(algorithm, .seal)
        try context.setKey(key)
        try context.start(nonce: nonce)
        try associated.lend { (bytes) throws(CryptoError) in try context.authenticate(bytes) }
        var sealed = [UInt8](repeating: 0, count: plain.count + tagSize)
        try sealed.lendMutable { (out) throws(CryptoError) in
            guard let start = out.baseAddress else { return }
            try context.update(plain, into: start)
            try context.finish(tag: start + plain.count)
        }
        return sealed
    }

    /// Opens in one shot what `seal` made; nil where it does not authenticate.
    static func open(
        _ algorithm: Algorithm, key: UnsafeRawBufferPointer, nonce: [UInt8], associated: [UInt8],
        _ sealed: UnsafeRawBufferPointer
    ) throws(CryptoError) -> SecretBytes? {
        guard nonce.count == nonceSize else { throw CryptoError(.internalFailure, "a nonce is not of 12 bytes") }
        guard sealed.count >= tagSize, let tag = sealed.baseAddress.map({ $0 + sealed.count - tagSize }) else {
            return nil
        }
        let context = try AEADContext(algorithm, .open)
        try context.setKey(key)
        try context.start(nonce: nonce)
        try associated.lend { (bytes) throws(CryptoError) in try context.authenticate(bytes) }
        var good = false
        let plain = try SecretBytes(count: sealed.count - tagSize) { (out) throws(CryptoError) in
            if let start = out.baseAddress {
                try context.update(UnsafeRawBufferPointer(rebasing: sealed.dropLast(tagSize)), into: start)
            }
            good = try context.verify(tag: tag)
        }
        if good { return plain }
        return nil
    }
}
