"""Pictures and videos as input (specification of the API, 3.9), from files that the tests make."""

import sys
import warnings

import numpy as np
import pytest
from PIL import Image
from support.bench import TARGETS

import nnc as ann
from nnc import NNCError, NNCWarning
from nnc.extensions.image import ImagePopulation, VideoPopulation

GREY = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)
COLOURS = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14


def written(folder, pixels, name="picture.png", **options):
    path = folder / name
    Image.fromarray(pixels).save(path, **options)
    return path


def luminance(rgb):
    return rgb[..., :3] @ [0.299, 0.587, 0.114]


# Pictures


def test_grey_pictures_are_rates_before_and_after_compile(tmp_path):
    net = ann.Network()
    pop = net.create(ImagePopulation((2, 3)))
    out = net.create((2, 3), ann.Neuron(equations="r = sum(exc)"))
    net.connect(pop, out, "exc").one_to_one(2.0)
    m = net.monitor(out, "r")
    assert pop.r.tolist() == np.zeros((2, 3)).tolist()
    assert pop.parameters == ["r"]
    pop.set_image(written(tmp_path, GREY))
    assert pop.r == pytest.approx(GREY / 255.0)
    net.compile()
    net.simulate(2.0)
    pop.set_image(str(written(tmp_path, 255 - GREY)))
    net.simulate(2.0)
    rows = m.get("r")
    assert rows[1] == pytest.approx(2.0 * GREY / 255.0)
    assert rows[3] == pytest.approx(2.0 - 2.0 * GREY / 255.0)
    net.reset()
    assert pop.r == pytest.approx(GREY / 255.0)


def test_colours_have_a_neuron_each(tmp_path):
    pop = ann.Network().create(ImagePopulation((2, 3, 3)))
    pop.set_image(written(tmp_path, COLOURS))
    assert pop.r == pytest.approx(COLOURS / 255.0)
    pop.set_image(written(tmp_path, GREY))
    assert pop.r == pytest.approx(np.repeat(GREY[..., None], 3, 2) / 255.0)


@pytest.mark.parametrize("geometry", [(2, 3), (2, 3, 1), [2, 3]])
def test_grey_values_of_colours_are_luminances(tmp_path, geometry):
    pop = ann.Network().create(ImagePopulation(geometry))
    pop.set_image(written(tmp_path, COLOURS))
    assert pop.r.shape == tuple(geometry)
    assert pop.r.reshape(2, 3) == pytest.approx(luminance(COLOURS) / 255.0, abs=0.51 / 255)


def test_transparent_and_indexed_and_two_coloured_pictures_are_read(tmp_path):
    pop = ann.Network().create(ImagePopulation((2, 3, 3)))
    alpha = np.dstack([COLOURS, np.full((2, 3), 128, np.uint8)])
    pop.set_image(written(tmp_path, alpha))
    assert pop.r == pytest.approx(COLOURS / 255.0)
    Image.fromarray(COLOURS).quantize(6).save(tmp_path / "indexed.png")
    pop.set_image(tmp_path / "indexed.png")
    assert pop.r == pytest.approx(COLOURS / 255.0, abs=0.06)
    Image.fromarray(GREY > 100).save(tmp_path / "two.png")
    pop.set_image(tmp_path / "two.png")
    assert pop.r[..., 0].tolist() == (GREY > 100).astype(float).tolist()


def test_pictures_of_sixteen_bits_keep_their_range(tmp_path):
    pop = ann.Network().create(ImagePopulation((2, 3)))
    pop.set_image(written(tmp_path, GREY.astype(np.uint16) * 257))
    assert pop.r == pytest.approx(GREY / 255.0)


def test_pictures_are_turned_as_their_exif_data_say(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pop = ann.Network().create(ImagePopulation((3, 2)))
    pop.set_image(written(tmp_path, GREY, exif=exif))
    assert pop.r == pytest.approx(np.rot90(GREY, -1) / 255.0)


def test_a_picture_of_another_size_is_resized_with_a_warning(tmp_path):
    pop = ann.Network().create(ImagePopulation((2, 3)))
    large = np.kron(GREY, np.ones((20, 20))).astype(np.uint8)
    with pytest.warns(NNCWarning, match="has 40 x 60 pixels and is resized to the geometry, 2 x 3"):
        pop.set_image(written(tmp_path, large))
    assert pop.r == pytest.approx(GREY / 255.0, abs=0.08)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("target", TARGETS)
def test_pictures_reach_every_target(tmp_path, target, precision):
    net = ann.Network()
    net.config(paradigm=target, precision=precision)
    pop = net.create(ImagePopulation((2, 3)))
    out = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    net.connect(pop, out, "exc").all_to_all(1.0)
    net.compile(silent=True)
    pop.set_image(written(tmp_path, GREY))
    net.step()
    assert out.r[0] == pytest.approx(3.0, rel=1e-6)


@pytest.mark.parametrize("geometry", [6, (6,), (2, 3, 2), (2, 3, 4), (2, 2, 3, 1), "a"])
@pytest.mark.parametrize("kind", [ImagePopulation, VideoPopulation])
def test_other_geometries_are_errors(kind, geometry):
    if kind is VideoPopulation:
        pytest.importorskip("cv2")
    with pytest.raises(NNCError, match=rf"{kind.__name__}: the geometry is \(height, width\)"):
        kind(geometry)


def test_files_that_cannot_be_read_leave_the_old_picture(tmp_path):
    pop = ann.Network().create(ImagePopulation((2, 3)))
    whole = written(tmp_path, GREY)
    pop.set_image(whole)
    (tmp_path / "text.png").write_text("no picture")
    noise = np.random.default_rng(1).integers(0, 255, (50, 50), np.uint8)
    cut = written(tmp_path, noise, "cut.png")
    cut.write_bytes(cut.read_bytes()[:800])
    written(tmp_path, GREY.astype(np.float32), "float.tiff")
    for name, message in [
        ("none.png", r"there is no file '.*none\.png'"),
        ("text.png", r"'.*text\.png' cannot be read as a picture"),
        ("cut.png", r"'.*cut\.png' cannot be read as a picture"),
        ("float.tiff", "floating-point pixels"),
        ("", "there is no file"),
    ]:
        with pytest.raises(NNCError, match=message):
            pop.set_image(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        pop.set_image(tmp_path / "none.png")
    with pytest.raises(NNCError, match="takes the name of a file, not 3"):
        pop.set_image(3)
    assert pop.r == pytest.approx(GREY / 255.0)


@pytest.mark.parametrize(
    ("kind", "module", "extra"), [("ImagePopulation", "PIL", "image"), ("VideoPopulation", "cv2", "video")]
)
def test_a_missing_package_is_an_error_of_the_constructor_that_names_the_extra(monkeypatch, kind, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    before = len(ann.populations())
    with pytest.raises(NNCError, match=rf'{kind} needs .*pip install "nnc-compiler\[{extra}\]"'):
        getattr(ann, kind)((2, 3))
    assert len(ann.populations()) == before


# Videos

FRAMES = [np.full((16, 24, 3), colour, np.uint8) for colour in ((250, 10, 10), (10, 250, 10), (10, 10, 250))]
"""Red, green and blue."""


@pytest.fixture
def video(tmp_path):
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (24, 16))
    if not writer.isOpened():
        pytest.skip("this OpenCV cannot write videos")
    for frame in FRAMES:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path


@pytest.mark.parametrize("geometry", [(16, 24, 3), (4, 6, 3), (32, 48, 3)])
def test_frames_of_a_file_come_one_after_the_other_in_the_geometry(video, geometry):
    net = ann.Network()
    pop = net.create(VideoPopulation(geometry))
    out = net.create(3, ann.Neuron(equations="r = sum(exc)"))
    for colour in range(3):
        net.connect(pop[:, :, colour], out[colour], "exc").all_to_all(1.0 / (geometry[0] * geometry[1]))
    net.compile()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pop.start_camera(video)
    seen = []
    while pop.grab_image():
        net.simulate(1.0)
        seen.append(out.r.tolist())
    expected = [[250 / 255 if i == k else 10 / 255 for i in range(3)] for k in range(3)]
    assert np.array(seen) == pytest.approx(np.array(expected), abs=0.04)
    with pytest.raises(NNCError, match=r"video\.avi' is at its end; start_camera\(\) opens it again"):
        pop.grab_image()
    pop.start_camera(str(video))
    assert pop.grab_image()
    pop.release()
    pop.release()
    with pytest.raises(NNCError, match=r"call start_camera\(\) first"):
        pop.grab_image()
    assert pop.r[..., 0].mean() == pytest.approx(250 / 255, abs=0.04)


def test_grey_frames_are_luminances_before_compile_too(video):
    pop = ann.Network().create(VideoPopulation((4, 6), opencv_version="3"))
    pop.start_camera(video)
    for frame in FRAMES:
        assert pop.grab_image() is True
        assert pop.r == pytest.approx(np.full((4, 6), luminance(frame)[0, 0] / 255), abs=0.03)
    assert pop.grab_image() is False


def test_a_copy_has_no_camera_of_the_original(video):
    net = ann.Network()
    pop = net.create(VideoPopulation((4, 6)))
    pop.start_camera(video)
    other = ann.Network()
    other.add(pop)
    with pytest.raises(NNCError, match="has no camera"):
        other.get(pop).grab_image()
    assert pop.grab_image()


class Dead:
    """A capture that is open and gives no frame."""

    def isOpened(self):
        return True

    def read(self):
        return False, None

    def release(self):
        pass


def test_cameras_and_files_that_cannot_be_opened_are_errors(tmp_path, monkeypatch):
    cv2 = pytest.importorskip("cv2")
    pop = ann.Network().create(VideoPopulation((4, 6)))
    (tmp_path / "text.avi").write_text("no video")
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*none\.avi'"):
        pop.start_camera(tmp_path / "none.avi")
    with pytest.raises(NNCError, match=r"OpenCV cannot open the file '.*text\.avi' as a video"):
        pop.start_camera(tmp_path / "text.avi")
    with pytest.raises(NNCError, match="OpenCV cannot open camera 99"):
        pop.start_camera(99)
    with pytest.raises(NNCError, match=r"the number of a camera or the name of a video file, not 1\.5"):
        pop.start_camera(1.5)
    monkeypatch.setattr(cv2, "VideoCapture", lambda source: Dead())
    pop.start_camera(0)
    with pytest.raises(NNCError, match="no frame comes from camera 0"):
        pop.grab_image()
    pop.start_camera(tmp_path / "text.avi")
    with pytest.raises(NNCError, match=r"text\.avi' has no frame that can be read"):
        pop.grab_image()
