"""The clients that real channels have, each by its own protocol: ODK Collect, Excel, WeChat, the app, the hotline."""
