"""A module for each peer, with

    version() -> str
    prepare(setting, model, folder) -> Path
        the safetensors file `model` in the peer's own format, written into `folder` once
    predictor(setting, file, batch, threads) -> function
        from images (batch, c, h, w) to logits (batch, classes), both float32 arrays
    trainer(setting, file, images, threads) -> Trainer
        where the peer can train

`setting` is one of those that peers.py lists. Nothing but the peer and numpy is imported.
"""
