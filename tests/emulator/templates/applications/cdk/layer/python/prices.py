def price(item):
    return {"pen": 2, "book": 12}[item]
