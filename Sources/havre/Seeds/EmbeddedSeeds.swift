// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

/// The files of `seeds/`, inside the binary.
enum EmbeddedSeeds {
    /// Text of each file by its path in the repository.
    static let files: [String: String] = [
        "seeds/jurisdictions.yaml": jurisdictions,
        "seeds/providers/amazon-web-services.yaml": providersAmazonWebServices,
        "seeds/providers/bleu.yaml": providersBleu,
        "seeds/providers/clever-cloud.yaml": providersCleverCloud,
        "seeds/providers/cloud-temple.yaml": providersCloudTemple,
        "seeds/providers/exoscale.yaml": providersExoscale,
        "seeds/providers/google-cloud.yaml": providersGoogleCloud,
        "seeds/providers/hetzner.yaml": providersHetzner,
        "seeds/providers/ionos.yaml": providersIonos,
        "seeds/providers/microsoft-azure.yaml": providersMicrosoftAzure,
        "seeds/providers/numspot.yaml": providersNumspot,
        "seeds/providers/open-telekom-cloud.yaml": providersOpenTelekomCloud,
        "seeds/providers/outscale.yaml": providersOutscale,
        "seeds/providers/ovhcloud.yaml": providersOvhcloud,
        "seeds/providers/s3ns.yaml": providersS3ns,
        "seeds/providers/scaleway.yaml": providersScaleway,
        "seeds/providers/stackit.yaml": providersStackit,
        "seeds/rulebook.yaml": rulebook,
    ]
}
