'use strict';
// The page of `alexnet explain`.

function picture(source, title, caption, kind = 'pixels') {
  return make('figure', {}, make('img', {class: kind, src: source, alt: title}), make('figcaption', {}, caption));
}

function head() {
  add(make('h1', {}, 'What the network looks at'),
    make('p', {class: 'soft'}, `${data.weights} (${data.network}) on ${data.images.length === 1 ? 'one image' : `${data.images.length} images`}`),
    make('p', {}, make('strong', {}, 'Grad-CAM'), `: where the last convolution\u2019s maps raise the class\u2019s score, in ${data.cam}. `,
      make('strong', {}, 'Occlusion'), ': how much of the class\u2019s probability goes when a grey patch covers a place.'),
    make('div', {class: 'scale'}, 'none', make('img', {src: data.scale, alt: 'to purple, red, orange and yellow for'}), 'most in that picture'));
}

function evidence({label, probability, ...maps}) {
  const cam = maps.grad_cam_most > 0 ? 'Grad-CAM' : 'Grad-CAM: empty, no place speaks for this class';
  const gone = maps.occlusion_most > 0 ? `a patch takes up to ${points(maps.occlusion_most)}` : 'empty, no patch lowers it';
  return make('section', {'aria-label': label}, make('h3', {}, `What speaks for ${label} (${percent(probability)})`),
    make('div', {class: 'heats'},
      picture(maps.grad_cam, `${label}: Grad-CAM`, cam),
      picture(maps.occlusion, `${label}: occlusion`, `Occlusion: ${gone}`)));
}

function featureMaps(layer) {
  return make('details', {open: ''}, make('summary', {}, `${layer.name}: ${layer.shape.join('\u202f\u00d7\u202f')}`),
    make('img', {class: 'pixels sheet', src: layer.picture, alt: `The ${layer.maps.length} strongest maps of ${layer.name}`}),
    make('p', {class: 'soft'}, `Maps ${layer.maps.join(', ')}, strongest first, by their mean.`));
}

head();
for (const image of data.images) {
  section(image.name,
    make('div', {class: 'seen'},
      picture(image.picture, 'What the network sees', `What the network sees, ${data.size.join('\u202f\u00d7\u202f')}`),
      bars(image.top.map(({label, probability}) => ({name: label, share: probability})))),
    make('div', {class: 'evidence'}, image.explained.map(evidence)),
    make('h3', {}, 'Strongest feature maps'),
    image.layers.map(featureMaps));
}
