// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/amazon-web-services.yaml`.
    static let providersAmazonWebServices = #"""
        # Amazon Web Services: US parent. eusc-de-east-1 is the European Sovereign Cloud: an EU address, the same parent.
        # The partitions of China, GovCloud and the US agencies are left out.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: amazon-web-services
        displayName: Amazon Web Services
        seat: {value: LU, source: "contracting entity in Europe, not verified", verifiedOn: null}
        parentChain:
          value: [{name: Amazon.com, law: US}]
          source: survey of secondary sources for this catalogue
          verifiedOn: 2026-11-23
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://s3.{region}.amazonaws.com"
            addressing: virtual
            maxParts: 10000
            checksum: crc64nvme
            source: "botocore 1.44.5, endpoints.json"
            verifiedOn: 2026-11-23
            regions:
              - {id: af-south-1, country: ZA, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-east-1, country: HK, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-east-2, country: TW, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-northeast-1, country: JP, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-northeast-2, country: KR, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-northeast-3, country: JP, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-south-1, country: IN, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-south-2, country: IN, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-1, country: SG, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-2, country: AU, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-3, country: ID, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-4, country: AU, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-5, country: MY, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-6, country: NZ, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ap-southeast-7, country: TH, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ca-central-1, country: CA, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: ca-west-1, country: CA, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-central-1, country: DE, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-central-2, country: CH, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-north-1, country: SE, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-south-1, country: IT, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-south-2, country: ES, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-west-1, country: IE, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-west-2, country: GB, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eu-west-3, country: FR, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: il-central-1, country: IL, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: me-central-1, country: AE, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: me-south-1, country: BH, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: mx-central-1, country: MX, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: sa-east-1, country: BR, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: us-east-1, country: US, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: us-east-2, country: US, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: us-west-1, country: US, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: us-west-2, country: US, source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
              - {id: eusc-de-east-1, country: DE, endpoint: "https://s3.eusc-de-east-1.amazonaws.eu", source: "botocore 1.44.5, endpoints.json", verifiedOn: 2026-11-23}
            # The first and dearest step of each list.
            prices:
              - {item: storage, amount: 0.023, currency: USD, per: GB-month, regions: [us-east-1], source: "copy of the AWS Price List API of 2025-10-28", verifiedOn: 2025-10-28}
              - {item: storage, amount: 0.024, currency: USD, per: GB-month, regions: [eu-west-3], source: "a bill of 2019-07", verifiedOn: null}
              - {item: egress, amount: 0.09, currency: USD, per: GB, source: "a third party's list of January 2025", verifiedOn: null}
              - {item: write, amount: 0.0053, currency: USD, per: 1000, regions: [eu-west-3], source: "a bill of 2019-07", verifiedOn: null}
              - {item: read, amount: 0.0042, currency: USD, per: 10000, regions: [eu-west-3], source: "a bill of 2019-07", verifiedOn: null}
            certifications:
              # Held for 27 regions; the list was not seen: without regions the entry holds nowhere.
              - name: HDS
                version: "v2.0"
                status: held
                source: "https://aws.amazon.com/compliance/hds/"
                verifiedOn: 2026-11-24
              - name: SecNumCloud
                status: none
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23

        """#
}
