// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/google-cloud.yaml`.
    static let providersGoogleCloud = #"""
        # Google Cloud: US parent. Multi-regions are left out: they lie in several countries.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: google-cloud
        displayName: Google Cloud
        seat: {value: IE, source: "contracting entity in Europe, not verified", verifiedOn: null}
        parentChain:
          value: [{name: Alphabet, law: US}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: gcs
            endpoint: "https://storage.googleapis.com"
            addressing: path
            maxParts: 10000
            checksum: crc32c
            source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations"
            verifiedOn: 2026-11-23
            regions:
              - {id: africa-south1, country: ZA, source: name of the region not verified, verifiedOn: null}
              - {id: asia-east1, country: TW, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-east2, country: HK, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-northeast1, country: JP, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-northeast2, country: JP, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-northeast3, country: KR, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-south1, country: IN, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-south2, country: IN, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-southeast1, country: SG, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: asia-southeast2, country: ID, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: australia-southeast1, country: AU, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: australia-southeast2, country: AU, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-central2, country: PL, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-north1, country: FI, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-north2, country: SE, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-southwest1, country: ES, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west1, country: BE, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west10, country: DE, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west12, country: IT, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west2, country: GB, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west3, country: DE, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west4, country: NL, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west6, country: CH, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west8, country: IT, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: europe-west9, country: FR, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: me-central1, country: QA, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: me-central2, country: SA, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: me-west1, country: IL, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: northamerica-northeast1, country: CA, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: northamerica-northeast2, country: CA, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: northamerica-south1, country: MX, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: southamerica-east1, country: BR, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: southamerica-west1, country: CL, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-central1, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-east1, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-east4, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-east5, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-south1, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-west1, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-west2, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-west3, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
              - {id: us-west4, country: US, source: "https://docs.velt.dev/security/supported-regions; https://cloud.google.com/storage/docs/locations", verifiedOn: 2026-11-23}
            # Standard class, the first and dearest step of each list.
            prices:
              - {item: storage, amount: 0.020, currency: USD, per: GiB-month, regions: [us-central1], source: "https://cloud.google.com/storage/pricing, transcript of 2026-09-20", verifiedOn: 2026-09-20}
              - {item: storage, amount: 0.020, currency: USD, per: GB-month, regions: [europe-west1, europe-north1], source: "undated copy of https://cloud.google.com/storage/pricing", verifiedOn: null}
              - {item: storage, amount: 0.023, currency: USD, per: GB-month, regions: [europe-west2, europe-west3, europe-central2, europe-north2], source: "undated copy of https://cloud.google.com/storage/pricing", verifiedOn: null}
              - {item: egress, amount: 0.12, currency: USD, per: GiB, source: "https://cloud.google.com/storage/pricing, transcript of 2026-09-20 (to 10 TiB, worldwide)", verifiedOn: 2026-09-20}
              - {item: write, amount: 0.005, currency: USD, per: 1000, source: "https://cloud.google.com/storage/pricing, transcript of 2026-09-20 (class A, single region)", verifiedOn: 2026-09-20}
              - {item: read, amount: 0.0004, currency: USD, per: 1000, source: "https://cloud.google.com/storage/pricing, transcript of 2026-09-20 (class B, single region)", verifiedOn: 2026-09-20}
            certifications:
              # HDS v2 is held; the regions in its scope are not verified.
              - name: HDS
                version: "v2"
                status: held
                regions: [europe-west9]
                source: "https://cloud.google.com/security/compliance/hds (v2.0; names no regions)"
                verifiedOn: null
              - name: SecNumCloud
                status: none
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23

        """#
}
