/// R16: SNDS data come with the evidence that the security referential asks for.
struct SecurityReferentialForSNDS: Rule {
    let id = "R16"
    let predicate = Text(
        en: "SNDS data come with the evidence of the security referential.",
        fr: "Les données du SNDS sont accompagnées de la preuve de conformité au référentiel de sécurité.")
    let explanation = Text(
        en: "The arrêté of 6 May 2024 sets the security referential of the SNDS: every system that holds its data is "
            + "approved against it, for a time. Name the approval under `evidence: {R16: …}` with its last day. Which "
            + "volumes ask for which level was not verified, so the rule asks for the document and not for a level.",
        fr:
            "L'arrêté du 6 mai 2024 fixe le référentiel de sécurité du SNDS : tout système qui en détient les données est "
            + "homologué à ce titre, pour un temps. Nommez l'homologation sous `evidence: {R16: …}` avec son dernier "
            + "jour. Les seuils qui appellent tel niveau n'ont pas été vérifiés : la règle demande la pièce, non un "
            + "niveau.")

    func judge(_ itinerary: Itinerary, in court: Court) -> [Finding] {
        guard itinerary.dataset.classification.snds else { return [] }
        return [court.finding(ofEvidenceFor: id, of: Self.what, on: itinerary)]
    }

    private static let what = Text(
        en: "the approval against the security referential of the SNDS",
        fr: "l'homologation au titre du référentiel de sécurité du SNDS")
}
