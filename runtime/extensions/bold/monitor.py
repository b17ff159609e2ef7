"""`BoldMonitor`: the BOLD signal of populations, computed in the network while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.extensions.bold.balloon import balloon_RN
from nnc.extensions.bold.inputs import Inputs, checked_inputs, checked_slices
from nnc.extensions.bold.source import BoldNeurons, MeanProjection, NormalisedProjection, Slices
from nnc.runtime.connectors.all_to_all import AllToAll
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, unknown_attribute, warn
from nnc.runtime.recording.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnc.extensions.bold.model import BoldModel
    from nnc.runtime.connectors.rule import Rule
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.projection import Projection


class BoldMonitor(Monitor):
    """Drives a BOLD model by the mean activity of populations, and records its signal.

    Each input of the model is the sum over the populations of a scale times the mean over the neurons of the variable
    that `mapping` gives for it, as it was at the end of the step before. The model is a population of one neuron that
    is compiled with the network; it stands still until `start()`. `get("BOLD")` gives rows of shape `(T, 1)`.

    `populations`: one or several populations, or parts of them, of one network that is not compiled.
    `bold_model`: a `BoldModel` or a class of it without arguments.
    `mapping`: from inputs of the model to variables of the populations; `{"I_CBF": "r"}` by default.
    `scale_factor`: a number for all populations or one for each; by default the share of its neurons.
    `normalize_input`: ms (a number, or one for each population; 0 for none). For so long after each start the input is
    0 and its mean x0 is measured; from then on it is `(x - x0) / (|x0| + 1e-7)`, times the scale.
    `recorded_variables`: variables of the model recorded beside its outputs.

    Attributes of the model are attributes of the monitor. Raises for arguments that do not fit, and after `compile()`.
    """

    def __init__(
        self,
        populations: Any,
        bold_model: BoldModel | type[BoldModel] = balloon_RN,
        mapping: Mapping[str, str] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        net_id: int = 0,
        copied: bool = False,
        *,
        name: str | None = None,
        network: Network | None = None,
    ) -> None:
        inputs = checked_inputs(
            populations, bold_model, mapping, scale_factor, normalize_input, recorded_variables, network
        )
        self._install(inputs, None, start, name, network)

    @classmethod
    def from_slices(
        cls,
        population: Any,
        slices: Sequence[Sequence[int]],
        bold_model: BoldModel | type[BoldModel] = balloon_RN,
        mapping: Mapping[str, str] | None = None,
        normalize_input: float = 0.0,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        *,
        name: str | None = None,
        network: Network | None = None,
    ) -> BoldMonitor:
        """One signal for each list of ranks of a population: rows are of shape `(T, len(slices))`."""
        inputs = checked_inputs(population, bold_model, mapping, 1.0, normalize_input, recorded_variables, network)
        made = cls.__new__(cls)
        made._install(inputs, Slices(checked_slices(inputs, slices)), start, name, network)
        return made

    def _install(
        self, inputs: Inputs, slices: Slices | None, start: bool, name: str | None, network: Network | None
    ) -> None:
        net = inputs.network
        if net.compiled:
            raise NNCRuntimeError("BoldMonitor: the network is compiled; it must be made before compile()")
        if not isinstance(start, bool):
            raise NNCTypeError(f"BoldMonitor: start is True or False, not {start!r}")
        name = name or _free_name(net)
        neurons = BoldNeurons(1 if slices is None else len(slices.ranks), inputs.model, f"{name}_model", network=net)
        _connect(inputs, neurons, slices, name)
        for unused in [i for i in inputs.model.inputs if i not in inputs.mapping]:
            warn(f"BoldMonitor: the input '{unused}' of {inputs.model.name} is not in the mapping; it is always 0")
        self._recorded = inputs.recorded
        super().__init__(neurons, inputs.recorded, start=start, name=name, network=net)
        self._reshape = network is not None
        self._is_made = True
        if not start:
            neurons.disable()

    @property
    def population(self) -> BoldNeurons:
        """The neurons that the model runs on."""
        assert isinstance(self.object, BoldNeurons)
        return self.object

    @property
    def parts(self) -> list[BoldNeurons | Projection]:
        """What it is made of in its network: its neurons, then the projections that bring their inputs."""
        return [self.population, *self.population.sources]

    def start(self, variables: str | Sequence[str] | None = None, period: float | None = None) -> None:
        """Let the model run and record it, perhaps with more variables or every `period` ms.

        Normalised inputs are measured anew, unless the model is running already.
        """
        super().start([*self._recorded, *([variables] if isinstance(variables, str) else variables or ())], period)
        if self.population.enabled:
            return
        if self.population.initialized:
            for source in self.population.sources:
                source.restart()
        self.population.enable()

    def stop(self) -> None:
        """Freeze the model and drop what was recorded: get it first."""
        super().stop()
        self.population.disable()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "_is_made" not in self.__dict__:
            raise AttributeError(name)
        if name not in self.population.attributes:
            raise unknown_attribute(f"BoldMonitor '{self.name}'", name, self.population.attributes)
        return self.population.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = name.startswith("_") or name in self.__dict__ or hasattr(type(self), name)
        if own or "_is_made" not in self.__dict__:
            object.__setattr__(self, name, value)
        elif name in self.population.attributes:
            setattr(self.population, name, value)
        else:
            raise unknown_attribute(f"BoldMonitor '{self.name}'", name, self.population.attributes)

    def __repr__(self) -> str:
        return f"<BoldMonitor '{self.name}' of {self.population.neuron_type.name}: {self.variables}>"


def _free_name(net: Network) -> str:
    taken = {m.name for m in net.get_monitors()} | {p.name.removesuffix("_model") for p in net.get_populations()}
    number = sum(isinstance(m, BoldMonitor) for m in net.get_monitors())
    while f"BoldMonitor{number}" in taken:
        number += 1
    return f"BoldMonitor{number}"


def _connect(inputs: Inputs, neurons: BoldNeurons, slices: Slices | None, name: str) -> None:
    rule: Rule = slices or AllToAll(1.0)
    for target, variable in inputs.mapping.items():
        for k, (pre, scale, window) in enumerate(zip(inputs.populations, inputs.scales, inputs.windows, strict=True)):
            label = f"{name}_{target}_{k}"
            if not window:
                MeanProjection(pre, neurons, target, variable, scale, label)._connect(rule)
                continue
            raw = f"_{target}_{k}"
            MeanProjection(pre, neurons, raw, variable, 1.0, f"{label}_raw")._connect(rule)
            NormalisedProjection(pre, neurons, target, variable, scale, label, window, raw)._connect(rule)
