"""The powers of a heat source: given, or what a radio-frequency drive loses."""

from bbrmodel.materials.rf import Film, RfLoss, rf_loss
from bbrmodel.spec import HeatSource, RfDrive


def drive_loss(drive: RfDrive) -> RfLoss:
    """Return what a drive loses in its dielectric and in its film."""
    return rf_loss(
        drive.voltage_V,
        drive.frequency_Hz,
        capacitance_F=drive.capacitance_F,
        loss_tangent=drive.loss_tangent or 0.0,
        film=Film(drive.resistance_ohm or 0.0, drive.film_thickness_m, drive.film_resistivity_ohm_m),
    )


def source_powers(source: HeatSource) -> dict[str, float]:
    """Return the powers of a source [W] by their names in the table of heat flows."""
    name = f"source:{source.name}"
    if source.rf is None:
        return {name: float(source.power_W or 0.0)}
    loss = drive_loss(source.rf)
    return {f"{name}:dielectric": loss.dielectric_W, f"{name}:ohmic": loss.ohmic_W}


__all__ = ["drive_loss", "source_powers"]
