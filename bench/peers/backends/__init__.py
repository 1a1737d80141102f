"""A module for each peer, with

    version() -> str
    prepare(setting, model, folder) -> Path
        the safetensors file `model` in the peer's own format, written into `folder` once
    predictor(setting, file, batch, threads) -> function
        from images (batch, c, h, w) to logits (batch, classes), both float32 arrays
    trainer(setting, file, images, threads) -> Trainer
        where the peer can train
    comparer(setting, file, pixels, threads) -> function
        where the peer compares images: gives the distances (batch) of pairs, float32, whose bytes
        (batch, 2, h, w, 3) it has brought into its own form before

`setting` is one of those that peers.py lists. Nothing but the peer and numpy is imported.
"""
