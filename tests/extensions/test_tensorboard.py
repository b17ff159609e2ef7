"""The logger for TensorBoard (specification of the API, 10.5): files are read back by TensorBoard's own reader."""

import io
import sys
import time

import numpy as np
import pytest
from PIL import Image

import nnc as ann
from nnc import NNCError
from nnc.extensions.tensorboard import Logger

pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(google|tensorboard|tensorboardX).*")

GREY = np.array([[0.0, 0.5], [0.25, 1.0]])


def read(folder):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = reader.EventAccumulator(str(folder), size_guidance=dict.fromkeys(("images", "scalars", "histograms"), 0))
    found.Reload()
    return found


def scalars(folder, tag):
    return [(e.step, e.value) for e in read(folder).Scalars(tag)]


def pictures(folder, tag):
    return [np.asarray(Image.open(io.BytesIO(e.encoded_image_string))) for e in read(folder).Images(tag)]


def test_scalars_have_the_given_step_or_the_next_one_of_their_tag(tmp_path):
    with Logger(tmp_path, "run") as log:
        log.add_scalar("a", 1.5)
        log.add_scalar("a", np.float32(2.5))
        log.add_scalar("b", np.array([7]), step=10)
        log.add_scalar("b", 8)
        log.add_scalar("a", 3)
    assert scalars(tmp_path / "run", "a") == [(0, 1.5), (1, 2.5), (2, 3.0)]
    assert scalars(tmp_path / "run", "b") == [(10, 7.0), (11, 8.0)]


def test_several_scalars_share_a_plot(tmp_path):
    with Logger(tmp_path, "run") as log:
        log.add_scalars("rates", {"exc": 1.0, "inh": 2.0})
        log.add_scalars("rates", {"exc": 3.0, "inh": 4.0}, step=5)
    assert scalars(tmp_path / "run" / "rates" / "inh", "rates") == [(0, 2.0), (5, 4.0)]


def test_a_run_without_a_name_is_called_after_time_and_host(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "there")
    with Logger(tmp_path) as log:
        log.add_scalar("a", 1.0)
    (folder,) = tmp_path.iterdir()
    assert folder.match("???[0-9][0-9]_[0-9][0-9]-[0-9][0-9]-[0-9][0-9]_there")


def test_pictures_in_grey_and_in_colours_come_back_pixel_by_pixel(tmp_path):
    colours = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    with Logger(tmp_path, "run") as log:
        log.add_image("grey", GREY)
        log.add_image("colours", colours)
        log.add_image("floats", colours / 255.0)
        log.add_image("dots", np.array([[True, False]]))
    assert pictures(tmp_path / "run", "grey")[0][..., 1].tolist() == [[0, 128], [64, 255]]
    assert (pictures(tmp_path / "run", "colours")[0] == colours).all()
    assert (pictures(tmp_path / "run", "floats")[0] == colours).all()
    assert pictures(tmp_path / "run", "dots")[0][..., 0].tolist() == [[255, 0]]


def test_equalized_pictures_use_the_whole_range(tmp_path):
    with Logger(tmp_path, "run") as log:
        log.add_image("weights", -3.0 + 2.0 * GREY, equalize=True)
        log.add_image("flat", np.full((2, 2), 7.0), equalize=True)
    assert pictures(tmp_path / "run", "weights")[0][..., 0].tolist() == [[0, 128], [64, 255]]
    assert (pictures(tmp_path / "run", "flat")[0] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "tops"),
    [({}, (51, 128)), ({"equalize": True}, (102, 255)), ({"equalize": True, "equalize_per_image": True}, (255, 255))],
)
@pytest.mark.parametrize("colours", [False, True])
def test_pictures_of_a_batch_are_equalized_together_or_each_on_its_own(tmp_path, arguments, tops, colours):
    batch = np.stack([0.2 * GREY, 0.5 * GREY])
    if colours:
        batch = np.repeat(batch[..., None], 3, axis=-1)
    with Logger(tmp_path, "run") as log:
        log.add_images("batch", batch, **arguments)
    (grid,) = pictures(tmp_path / "run", "batch")
    assert sorted(grid[..., 0].reshape(-1).tolist())[-1] == max(tops)
    for top in tops:
        assert (grid[..., 0] == top).any()


def test_histograms_hold_all_values(tmp_path):
    values = np.random.default_rng(1).normal(2.0, 1.0, (40, 50))
    with Logger(tmp_path, "run") as log:
        log.add_histogram("w", values)
        log.add_histogram("w", [[1.0, 2.0], [3.0, 4.0]])
    first, second = read(tmp_path / "run").Histograms("w")
    assert (first.step, second.step) == (0, 1)
    assert first.histogram_value.num == 2000
    assert first.histogram_value.sum == pytest.approx(values.sum())
    assert (second.histogram_value.min, second.histogram_value.max) == (1.0, 4.0)


def test_figures_are_drawn_and_closed(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with Logger(tmp_path, "run") as log:
        for close in (True, False):
            figure = plt.figure(figsize=(2, 1), dpi=50)
            figure.gca().plot([1, 2])
            log.add_figure("plot", figure, close=close)
            assert plt.fignum_exists(figure.number) is not close
    plt.close("all")
    first, second = pictures(tmp_path / "run", "plot")
    assert first.shape == (50, 100, 3)
    assert (first == second).all()
    assert (first != 255).any()


def test_parameters_and_what_came_of_them_are_a_run_of_their_own(tmp_path):
    with Logger(tmp_path, "run") as log:
        log.add_parameters({"tau": 10.0, "rule": "Oja", "noisy": True, "n": np.int64(3)}, {"accuracy": 0.75})
        log.add_parameters({"tau": 20.0}, {"accuracy": 0.5})
    assert scalars(tmp_path / "run" / "parameters_0", "accuracy")[0][1] == 0.75
    assert scalars(tmp_path / "run" / "parameters_1", "accuracy")[0][1] == 0.5
    plugin = read(tmp_path / "run" / "parameters_0").SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"Oja" in plugin
    assert b"noisy" in plugin


def test_what_was_logged_is_there_soon_after_flush(tmp_path):
    log = Logger(tmp_path, "run")
    log.add_scalar("a", 1.0)
    log.flush()
    end = time.monotonic() + 20.0
    while "a" not in read(tmp_path / "run").Tags()["scalars"] and time.monotonic() < end:
        time.sleep(0.1)
    assert scalars(tmp_path / "run", "a") == [(0, 1.0)]
    log.close()
    log.close()
    with pytest.raises(NNCError, match=r"the Logger of '.*run' is closed"):
        log.add_scalar("a", 2.0)


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("add_scalar", ("a", "high"), "'a' takes a number, not 'high'"),
        ("add_scalar", ("a", [1.0, 2.0]), "'a' takes a number"),
        ("add_scalar", ("", 1.0), "a tag is a text"),
        ("add_scalar", ("a", 1.0, 0.5), "the step of 'a' is an integer, not 0.5"),
        ("add_scalars", ("a", [1.0]), "takes a dict of numbers"),
        ("add_scalars", ("a", {"b": None}), "'a/b' takes numbers"),
        ("add_image", ("a", np.zeros(4)), r"shape \(H, W\) or \(H, W, 3\), not \(4,\)"),
        ("add_image", ("a", np.zeros((4, 4, 2))), r"not \(4, 4, 2\)"),
        ("add_image", ("a", 2.0 * GREY), "floats lie between 0 and 1, not between 0 and 2; equalize=True"),
        ("add_image", ("a", np.array([[300]])), "integers lie between 0 and 255"),
        ("add_image", ("a", np.array([[np.nan]])), "finite numbers"),
        ("add_images", ("a", GREY), r"shape \(N, H, W\) or \(N, H, W, 3\)"),
        ("add_images", ("a", np.zeros((2, 2, 2, 4))), r"not \(2, 2, 2, 4\)"),
        ("add_histogram", ("a", []), "takes finite numbers, at least one"),
        ("add_histogram", ("a", [[1.0], [1.0, 2.0]]), "takes numbers"),
        ("add_figure", ("a", 3), "takes a figure of Matplotlib"),
        ("add_parameters", ({"tau": [1.0]}, {}), "'tau' is a number, a text or a truth value"),
        ("add_parameters", ({"tau": 1.0}, {"loss": "low"}), "'loss' takes a number"),
        ("add_parameters", (3, {}), "a dict of parameters and a dict of metrics"),
    ],
)
def test_what_cannot_be_logged_is_an_error_that_names_the_tag(tmp_path, method, arguments, message):
    with Logger(tmp_path, "run") as log, pytest.raises(NNCError, match=message):
        getattr(log, method)(*arguments)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NNCError, match="cannot be made"):
        Logger(tmp_path / "file", "run")


def test_without_tensorboardx_the_extra_is_named_when_a_logger_is_made(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(NNCError, match=r'pip install "nnc-compiler\[tensorboard\]"'):
        ann.Logger(tmp_path, "run")
    assert list(tmp_path.iterdir()) == []
