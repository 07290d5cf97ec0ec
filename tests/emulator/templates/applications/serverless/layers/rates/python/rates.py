def kilos(grams):
    return grams // 1000
