"use strict";
// Drawings to try a model with: those whose class it has. Coordinates are in a square of side 100.

const path = (shape, colour) => (draw) => {
  draw.fillStyle = colour;
  draw.fill(new Path2D(shape));
};
const line = (shape, colour, width) => (draw) => {
  draw.strokeStyle = colour;
  draw.lineWidth = width;
  draw.lineCap = draw.lineJoin = "round";
  draw.stroke(new Path2D(shape));
};
const disc = (x, y, radius, colour) => (draw) => {
  draw.fillStyle = colour;
  draw.beginPath();
  draw.arc(x, y, radius, 0, 2 * Math.PI);
  draw.fill();
};
const text = (letters) => (draw) => {
  draw.fillStyle = "#fff";
  draw.font = "64px sans-serif";
  draw.textAlign = "center";
  draw.textBaseline = "middle";
  draw.fillText(letters, 50, 53);
};

// Fashion-MNIST's shoes point to the left.
const mirrored = (...parts) => parts.map((part) => (draw) => {
  draw.save();
  draw.translate(100, 0);
  draw.scale(-1, 1);
  part(draw);
  draw.restore();
});

const clothes = [
  ["T-shirt/top", path("M30 12 L42 16 Q50 20 58 16 L70 12 L92 34 L80 45 L72 38 L73 92 L27 92 L28 38 L20 45 L8 34 Z", "#c4c4c4")],
  ["Trouser", path("M34 4 L66 4 L70 97 L56 97 L50 30 L44 97 L30 97 Z", "#bdbdbd")],
  ["Dress", path("M40 3 L45 9 L55 9 L60 3 L64 20 L60 42 L70 97 L30 97 L40 42 L36 20 Z", "#c8c8c8")],
  ["Bag", path("M12 42 L88 42 L92 88 L8 88 Z", "#b4b4b4"), line("M32 42 Q32 14 50 14 Q68 14 68 42", "#a0a0a0", 5), line("M12 54 L88 54", "#707070", 3)],
  ["Ankle boot", ...mirrored(path("M8 24 Q22 32 38 27 Q52 50 80 60 Q97 64 98 74 L70 80 L30 77 L28 82 L4 82 L6 60 Z", "#a8a8a8"), line("M5 80 L27 80 M32 76 L70 79 L97 73", "#dedede", 3))],
  ["Sandal", ...mirrored(path("M6 62 Q40 76 92 66 L95 72 Q50 84 6 76 Z", "#9a9a9a"), line("M60 70 Q70 46 86 66 M18 62 Q30 44 44 66 M30 54 L70 60", "#8a8a8a", 4))],
  ["Sneaker", ...mirrored(path("M4 40 Q14 46 28 38 L40 36 Q62 54 88 56 Q97 58 97 70 L97 74 L4 74 Z", "#9c9c9c"), line("M5 72 L96 72", "#ececec", 5), line("M36 44 L46 38 M44 50 L54 44", "#e0e0e0", 3))],
];
const pictures = [
  ["orange", "#e9eef2", disc(50, 53, 34, "#f28a1c"), disc(40, 42, 8, "#f8ac55"), path("M50 19 Q60 8 70 14 Q62 24 50 19 Z", "#3f8a35")],
  ["lemon", "#e9eef2", path("M12 52 Q22 24 52 22 Q78 24 90 50 Q80 78 50 80 Q22 80 12 52 Z", "#f6d829"), path("M86 46 L95 50 L86 56 Z", "#e0bf16")],
  ["banana", "#e9eef2", path("M18 22 Q22 74 80 76 L86 68 Q38 62 30 18 Z", "#f7d33c"), path("M18 22 L20 12 L27 12 L30 20 Z", "#6f5a20")],
  ["soccer ball", "#5d9a4a", disc(50, 50, 34, "#fafafa"), path("M50 36 L63 46 L58 61 L42 61 L37 46 Z M50 16 L60 22 L40 22 Z M83 46 L76 58 L74 38 Z M17 46 L24 58 L26 38 Z M36 80 L46 84 L30 72 Z M64 80 L54 84 L70 72 Z", "#1c1c1c")],
  ["traffic light", "#a9c7e4", path("M34 6 L66 6 L66 84 L34 84 Z M47 84 L53 84 L53 100 L47 100 Z", "#20241f"), disc(50, 20, 11, "#e2392f"), disc(50, 45, 11, "#6f5b12"), disc(50, 70, 11, "#16452a")],
  ["daisy", "#4f8a3f", ...[0, 45, 90, 135, 180, 225, 270, 315].map((degrees) => disc(50 + 26 * Math.cos(degrees * Math.PI / 180), 50 + 26 * Math.sin(degrees * Math.PI / 180), 13, "#fbfbfb")), disc(50, 50, 15, "#f2c318")],
];
const numerals = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

function drawing(name, back, parts) {
  return [name, (draw, side) => {
    draw.fillStyle = back;
    draw.fillRect(0, 0, side, side);
    draw.scale(side / 100, side / 100);
    for (const part of parts) part(draw);
  }];
}

/// [name, draw(context, side)] of those that a model with these classes may know.
function drawingsFor(classes) {
  const known = new Set(classes.map((name) => name.toLowerCase()));
  const knows = (name) => known.has(name.toLowerCase());
  const digits = numerals
    .map((word, digit) => [knows(word) ? word : String(digit), String(digit)])
    .filter(([name]) => knows(name));
  return [
    ...clothes.filter(([name]) => knows(name)).map(([name, ...parts]) => drawing(name, "#000", parts)),
    ...pictures.filter(([name]) => knows(name)).map(([name, back, ...parts]) => drawing(name, back, parts)),
    ...digits.map(([name, digit]) => drawing(name, "#000", [text(digit)])),
  ];
}
