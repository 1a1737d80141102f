'use strict';
// The page of `alexnet explain`.

add(make('h1', {}, 'What the network looks at'),
  make('p', {class: 'soft'}, `${data.network}, ${data.weights}. Grad-CAM: where the last convolution's maps raise the class's score, in ${data.cam}. Occlusion: how much of the class's probability goes when a grey patch covers a place. Yellow is the most in each picture.`));

function heat(picture, title, caption) {
  return make('figure', {}, make('img', {class: 'pixels', src: picture, alt: title}), make('figcaption', {}, make('strong', {}, title), make('br'), caption));
}

function explained(entry) {
  const gone = entry.occlusion_most > 0 ? `a patch takes up to ${points(entry.occlusion_most)}` : 'no patch lowers it';
  return [
    heat(entry.grad_cam, `${entry.label}: Grad-CAM`, percent(entry.probability)),
    heat(entry.occlusion, `${entry.label}: occlusion`, gone),
  ];
}

for (const image of data.images) {
  section(image.name,
    bars(image.top.map(({label, probability}) => ({name: label, share: probability}))),
    make('h3', {}, 'Evidence'),
    make('div', {class: 'heats'}, heat(image.picture, 'What the network sees', `${data.size}\u202f\u00d7\u202f${data.size}`),
      image.explained.flatMap(explained)),
    make('h3', {}, 'Strongest feature maps'),
    make('div', {}, image.layers.map((layer) => make('details', {open: ''}, make('summary', {}, `${layer.name}: ${layer.shape.join('\u202f\u00d7\u202f')}`),
      make('img', {class: 'pixels sheet', src: layer.picture, alt: `The ${layer.maps.length} strongest maps of ${layer.name}`}),
      make('p', {class: 'soft'}, `Maps ${layer.maps.join(', ')}, strongest first, by their mean.`)))));
}
