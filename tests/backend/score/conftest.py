from hypothesis import settings

# A first call loads tokenizers and models, and test machines are shared: time says nothing here.
settings.register_profile("score", deadline=None)
settings.load_profile("score")
