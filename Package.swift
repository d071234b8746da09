// swift-tools-version: 6.1
import PackageDescription

// Warnings are errors in our own targets only; dependencies are built as they come.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-warnings-as-errors"]),
]

let package = Package(
    name: "havre",
    products: [.executable(name: "havre", targets: ["havre"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CPosix"),
        // Ours, in C: CRCs need processor instructions that Swift cannot name.
        .target(name: "CChecksum"),
        .target(name: "HavreModel", swiftSettings: strict),
        .target(
            name: "HavreCrypto",
            dependencies: [
                "HavreModel", "COpenSSL", "CSodium", "CChecksum", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "HavreStores",
            dependencies: ["HavreModel", "HavreCrypto", "CCurl", "CExpat", "CPosix"],
            swiftSettings: strict),
        .target(
            name: "HavreJournal",
            dependencies: ["HavreModel", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "HavreEngine",
            dependencies: ["HavreModel", "HavreCrypto", "HavreStores", "HavreJournal", "CPosix"],
            swiftSettings: strict),
        .executableTarget(
            name: "havre",
            dependencies: [
                "HavreModel", "HavreCrypto", "HavreStores", "HavreJournal", "HavreEngine", "CPosix", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // Real servers for tests; a target of its own because several test targets start them.
        .target(
            name: "TestServers", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/TestServers", swiftSettings: strict),
        .testTarget(
            name: "HavreModelTests", dependencies: ["TestServers", "HavreModel", "Yams"], swiftSettings: strict),
        .testTarget(
            name: "HavreCryptoTests",
            dependencies: [
                "HavreCrypto", "HavreModel", "COpenSSL", "CChecksum", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HavreStoresTests",
            dependencies: ["TestServers", "HavreStores", "HavreCrypto", "HavreModel", "CPosix"],
            swiftSettings: strict),
        .testTarget(
            name: "HavreJournalTests",
            dependencies: [
                "TestServers", "HavreJournal", "HavreModel", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HavreEngineTests",
            dependencies: ["TestServers", "HavreEngine", "HavreStores", "HavreJournal", "HavreCrypto", "HavreModel"],
            swiftSettings: strict),
        .testTarget(
            name: "havreTests",
            dependencies: [
                "TestServers",
                "havre", "HavreEngine", "HavreStores", "HavreJournal", "HavreCrypto", "HavreModel", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
    ]
)
